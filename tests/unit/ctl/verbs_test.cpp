// SPDX-License-Identifier: MIT
// The table of verbs, and what else has to know each of them.
#include "recycler/ctl/verbs/table.hpp"

#include "tests/unit/ctl/command_line.hpp"

#include <doctest/doctest.h>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

using namespace recycler::ctl;

namespace {

std::vector<std::string> verbs() {
    return std::apply([](const auto&... verb) { return std::vector<std::string>{verb.name...}; },
                      k_verbs);
}

std::string completions_of(const std::string& shell) {
    const std::string path = RECYCLER_MAN "/../recycler/ctl/completions/recyclerctl." + shell;
    std::ifstream file(path);
    REQUIRE_MESSAGE(file, path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::set<std::string> captured(const std::string& text, const std::string& pattern) {
    const std::regex expression(pattern);
    std::set<std::string> found;
    for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end;
         ++match) {
        found.insert((*match)[1]);
    }
    return found;
}

std::set<std::string> options_of(const std::string& verb) {
    const auto told = parsed({verb.c_str(), "--help"});
    REQUIRE(std::holds_alternative<Told>(told));
    return captured(std::get<Told>(told).text, "\n  (?:-[a-z],)?--([a-z-]+)");
}

bool needs_daemon(const std::string& name) {
    return std::apply(
        [&](const auto&... verb) {
            return ((verb.name == name && std::decay_t<decltype(verb)>::needs_daemon) || ...);
        },
        k_verbs);
}

} // namespace

TEST_CASE("a verb that is typed is the command at the verb's place in the table") {
    const std::vector<std::string> names = verbs();
    REQUIRE(names.size() == std::variant_size_v<Command>);
    for (std::size_t place = 0; place < names.size(); ++place) {
        CAPTURE(names[place]);
        auto result = parsed({names[place].c_str()});
        if (std::holds_alternative<Told>(result)) { // it must be told what to act on
            result = parsed({names[place].c_str(), "7012"});
        }
        REQUIRE(std::holds_alternative<Invocation>(result));
        const Command& command = std::get<Invocation>(result).command;
        CHECK(command.index() == place);
        const std::string carried_out = with_verb(
            command, [](const auto& verb, const auto&) { return std::string(verb.name); });
        CHECK(carried_out == names[place]);
    }
}

TEST_CASE("those that read files need no daemon, all others do") {
    for (const std::string& name : verbs()) {
        CAPTURE(name);
        CHECK(needs_daemon(name) == (name != "check" && name != "lint" && name != "explain"));
    }
}

TEST_CASE("each shell completes every verb and each of its options") {
    const std::string bash = completions_of("bash");
    const std::string fish = completions_of("fish");
    const std::string zsh = completions_of("zsh");
    const std::vector<std::string> names = verbs();
    const std::set<std::string> all(names.begin(), names.end());
    std::string offered = "\n";
    for (const auto& line :
         captured(bash, "\n    ,\\*\\) _recyclerctl_offer \"\\$start\" ([a-z ]+)")) {
        offered += line;
    }
    CHECK(captured(offered, "([a-z]+)") == all);
    CHECK(captured(fish, "__recyclerctl_verb_is -a ([a-z]+)") == all);
    CHECK(captured(zsh, "\n        '([a-z]+):") == all);
    for (const std::string& name : names) {
        for (const std::string& option : options_of(name)) {
            CAPTURE(name);
            CAPTURE(option);
            CHECK(bash.find("--" + option) != std::string::npos);
            CHECK(fish.find("-l " + option + " ") != std::string::npos);
            CHECK(zsh.find("--" + option) != std::string::npos);
        }
    }
}
