// SPDX-License-Identifier: MIT
#include "policies/parsing/words.hpp"

#include "policies/parsing/nearest.hpp"
#include "recycler/base/text/escape.hpp"
#include "recycler/base/text/join.hpp"

#include <array>
#include <csignal>
#include <string>
#include <vector>

namespace policies::parsing {
namespace text = recycler::text;
namespace {

struct Signal {
    std::string_view name;
    int number;
};

constexpr std::array k_signals{
    Signal{"SIGTERM", SIGTERM}, Signal{"SIGINT", SIGINT},       Signal{"SIGQUIT", SIGQUIT},
    Signal{"SIGHUP", SIGHUP},   Signal{"SIGUSR1", SIGUSR1},     Signal{"SIGUSR2", SIGUSR2},
    Signal{"SIGKILL", SIGKILL}, Signal{"SIGWINCH", SIGWINCH},   Signal{"SIGABRT", SIGABRT},
    Signal{"SIGALRM", SIGALRM}, Signal{"SIGVTALRM", SIGVTALRM}, Signal{"SIGPROF", SIGPROF},
    Signal{"SIGPIPE", SIGPIPE}, Signal{"SIGIO", SIGIO},         Signal{"SIGPWR", SIGPWR},
};

} // namespace

Parsed<int> parse_signal(std::string_view text) {
    std::vector<std::string_view> names;
    for (const Signal& signal : k_signals) {
        if (text == signal.name || text == signal.name.substr(3)) {
            return signal.number;
        }
        names.push_back(signal.name);
    }
    const auto meant = nearest(text, names);
    const std::string suggestion =
        meant ? "did you mean \"" + std::string(*meant) + "\"?"
              : "write \"SIGTERM\", \"SIGINT\", \"SIGQUIT\" or \"SIGUSR1\"";
    return Problem{text::quoted(text) + " is not a signal that ends a process", suggestion};
}

Problem unknown_word(std::string_view word, std::span<const std::string_view> choices) {
    if (const auto meant = nearest(word, choices)) {
        return {text::quoted(word) + " is not known here",
                "did you mean " + text::quoted(*meant) + "?"};
    }
    return {text::quoted(word) + " is not known here",
            "write one of " + text::joined(choices, ", ", text::quoted)};
}

} // namespace policies::parsing
