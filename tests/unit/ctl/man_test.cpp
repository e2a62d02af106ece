#include "recycler/ctl/arguments.hpp"

#include <doctest/doctest.h>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

using namespace recycler::ctl;

namespace {

std::string help_of(std::vector<const char*> words) {
    words.insert(words.begin(), "recyclerctl");
    words.push_back("--help");
    const auto told = parse_arguments(static_cast<int>(words.size()), words.data());
    REQUIRE(std::holds_alternative<Told>(told));
    CHECK(std::get<Told>(told).exit_code == 0);
    return std::get<Told>(told).text;
}

std::set<std::string> found_in(const std::string& text, const char* pattern) {
    const std::regex expression(pattern);
    std::set<std::string> found;
    for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end;
         ++match) {
        found.insert((*match)[1]);
    }
    return found;
}

std::string read_manual() {
    std::ifstream file(RECYCLER_MAN "/recyclerctl.1");
    REQUIRE(file);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace

TEST_CASE("every verb that the program knows is in its manual, and no other") {
    const std::string help = help_of({});
    const auto verbs = found_in(help.substr(help.find("Subcommands:")), "\n  ([a-z]+) ");
    CHECK(verbs == std::set<std::string>{"status", "drain", "open", "recycle", "reload", "why",
                                         "events", "blame", "check", "lint", "explain", "stop"});
    CHECK(found_in(read_manual(), "\n\\.It Cm ([a-z]+)") == verbs);
}

TEST_CASE("every option of every verb is in the manual, and no other") {
    auto options = found_in(help_of({}), "--([a-z-]+)");
    for (const char* verb : {"status", "drain", "open", "recycle", "reload", "why", "events",
                             "blame", "check", "lint", "explain", "stop"}) {
        options.merge(found_in(help_of({verb}), "--([a-z-]+)"));
    }
    auto described = found_in(read_manual(), "Fl -([a-z-]+)");
    described.insert("version"); // ".Fl -help , -version"
    CHECK(described == options);
}
