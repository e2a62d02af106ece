// SPDX-License-Identifier: MIT
#include "recycler/ctl/arguments.hpp"

#include "recycler/base/version.hpp"
#include "recycler/ctl/exit_codes.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

namespace recycler::ctl {

Told usage(const std::string& text) {
    return {k_exit_usage, "recyclerctl: " + text + "\n"};
}

template <typename T>
std::shared_ptr<T> Syntax::kept() {
    auto typed = std::make_shared<T>();
    kept_.push_back(typed);
    return typed;
}

namespace {

constexpr const char* k_slot_help = "port (7012), address, or all";

struct Declared {
    CLI::App* verb;
    Syntax syntax;
    Typed<Command> command;
};

// The verb at one place of the table.
template <std::size_t place>
Declared declare(CLI::App& program) {
    const auto& verb = std::get<place>(k_verbs);
    CLI::App* parser = program.add_subcommand(verb.name, verb.help);
    Syntax syntax(*parser);
    auto typed = verb.typed(syntax);
    return {parser, std::move(syntax),
            [typed = std::move(typed)](Output output) -> std::variant<Command, Told> {
                auto asked = typed(output);
                if (auto* told = std::get_if<Told>(&asked)) {
                    return std::move(*told);
                }
                return Command(std::in_place_index<place>, std::get<0>(std::move(asked)));
            }};
}

template <std::size_t... places>
std::vector<Declared> declare_all(CLI::App& program, std::index_sequence<places...> /*all*/) {
    std::vector<Declared> all;
    (all.push_back(declare<places>(program)), ...);
    return all;
}

} // namespace

Words Syntax::slots(Need need) {
    return words("SLOT", k_slot_help, need);
}

Word Syntax::slot() {
    return word("SLOT", k_slot_help, Need::may);
}

Word Syntax::word(const char* name, const char* help, Need need) {
    auto typed = kept<std::string>();
    verb_.add_option(name, *typed, help)->required(need == Need::must);
    return typed;
}

Words Syntax::words(const char* name, const char* help, Need need) {
    auto typed = kept<std::vector<std::string>>();
    verb_.add_option(name, *typed, help)->required(need == Need::must);
    return typed;
}

Word Syntax::option(const char* name, const char* help) {
    return word(name, help, Need::may);
}

Word Syntax::choice(const char* name, const char* help, const std::vector<std::string>& among) {
    auto typed = kept<std::string>();
    verb_.add_option(name, *typed, help)->check(CLI::IsMember(among));
    return typed;
}

Words Syntax::repeated(const char* name, const char* help) {
    auto typed = kept<std::vector<std::string>>();
    verb_.add_option(name, *typed, help)->allow_extra_args(false); // what follows it is not its own
    return typed;
}

Truth Syntax::flag(const char* name, const char* help) {
    auto typed = kept<bool>();
    verb_.add_flag(name, *typed, help);
    return typed;
}

std::variant<Invocation, Told> parse_arguments(int argc, const char* const* argv) {
    CLI::App program("Shows and steers the workers that recyclerd runs.", "recyclerctl");
    std::string app;
    bool json = false;
    program.set_version_flag("--version", "recyclerctl " + std::string(version()));
    program.add_option("--app", app, "Which app; needed only if the slot does not make it clear");
    program.add_flag("--json", json, "Print JSON");
    program.require_subcommand(1);
    program.fallthrough(); // --json may also stand after the verb
    const auto all = declare_all(program, std::make_index_sequence<k_verb_count>{});
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        std::ostringstream out, err;
        const int status = program.exit(problem, out, err);
        if (status == 0) {
            return Told{k_exit_done, out.str()};
        }
        return Told{k_exit_usage, "recyclerctl: " + out.str() + err.str()};
    }
    const auto chosen =
        std::ranges::find_if(all, [](const Declared& each) { return each.verb->parsed(); });
    if (chosen == all.end()) {
        return usage("which verb?"); // the parser requires one
    }
    const Output output = json ? Output::json : Output::text;
    auto command = chosen->command(output);
    if (auto* told = std::get_if<Told>(&command)) {
        return std::move(*told);
    }
    return Invocation{app.empty() ? std::nullopt : std::optional(app), output,
                      std::get<Command>(std::move(command))};
}

} // namespace recycler::ctl
