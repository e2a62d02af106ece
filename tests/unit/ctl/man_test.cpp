// SPDX-License-Identifier: MIT
#include "recycler/ctl/arguments.hpp"

#include "recycler/control/varlink/varlink.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <fstream>
#include <initializer_list>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

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

std::string file_at(const std::string& path) {
    std::ifstream file(path);
    REQUIRE_MESSAGE(file, path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string read_manual() {
    return file_at(RECYCLER_MAN "/recyclerctl.1");
}

std::string in_tree(const std::string& path) {
    return file_at(RECYCLER_MAN "/../" + path);
}

// What stands between the first `begin` and the next of `ends` after it.
std::string between(const std::string& text, const std::string& begin,
                    std::initializer_list<const char*> ends) {
    const std::size_t from = text.find(begin);
    REQUIRE_MESSAGE(from != std::string::npos, begin);
    std::size_t to = std::string::npos;
    for (const char* end : ends) {
        to = std::min(to, text.find(end, from + begin.size()));
    }
    REQUIRE_MESSAGE(to != std::string::npos, begin);
    return text.substr(from + begin.size(), to - from - begin.size());
}

// The members that the section JSON of the manual lists of what a verb prints: all words of its
// displays that are no capitals.
std::set<std::string> members_in_manual(const std::string& verb) {
    const std::string section = between(read_manual(), "\n.Ss JSON\n", {"\n.Sh "});
    const std::string item = between(section, "\n.It Cm " + verb + "\n", {"\n.It Cm ", "\n.El\n"});
    std::set<std::string> members;
    for (std::size_t at = item.find(".Bd -literal"); at != std::string::npos;
         at = item.find(".Bd -literal", at + 1)) {
        const std::size_t begin = item.find('\n', at);
        members.merge(found_in(item.substr(begin, item.find("\n.Ed", at) - begin), "([a-z_]+)"));
    }
    return members;
}

// Those of `some` that are not among `all`, in one line.
std::string missing(const std::set<std::string>& some, const std::set<std::string>& all) {
    std::string names;
    for (const std::string& name : some) {
        names += all.contains(name) ? "" : name + " ";
    }
    return names;
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

TEST_CASE("every option of recyclerd is in its manual, and no other") {
    auto options =
        found_in(in_tree("recycler/controller/start/arguments.cpp"), "_flag\\(\"--([a-z-]+)\"");
    options.insert("help"); // CLI11's own
    CHECK(options.size() > 3);
    auto described = found_in(in_tree("man/recyclerd.8"), "Fl -([a-z-]+)");
    described.insert("version"); // ".Fl -help , -version"
    CHECK(described == options);
}

TEST_CASE("the manual lists the members of status and of records as the interface has them") {
    const std::string interface =
        std::regex_replace(recycler::control::interface_description(), std::regex("#[^\n]*"), "");
    auto members = found_in(between(interface, "type Memory ", {"type Progress "}), "([a-z_]+): ");
    members.merge(found_in(between(interface, "method Status(", {"method Drain("}), "([a-z_]+): "));
    CHECK(members.size() > 50);
    auto described = members_in_manual("status");
    described.merge(members_in_manual("why"));
    CHECK(missing(members, described) == "");
    CHECK(missing(described, members) == "");
}

TEST_CASE("the manual lists the members of what no daemon answers as they are written") {
    const std::map<std::string, std::string> sources{
        {"check", "check"}, {"lint", "linted"}, {"explain", "explained"}};
    for (const auto& source : sources) {
        const std::string verb = source.first;
        CAPTURE(verb);
        const auto written = found_in(in_tree("recycler/control/json/" + source.second + ".cpp"),
                                      "[{\\[]\"([a-z_]+)\"[,\\]]");
        CHECK(written.size() > 5);
        CHECK(missing(written, members_in_manual(verb)) == "");
        CHECK(missing(members_in_manual(verb), written) == "");
    }
}

TEST_CASE("the events that ask for somebody are the warnings and errors of the journal") {
    const auto in_journal =
        found_in(in_tree("man/recycler-deaths.7"), "\n\\.It Li [0-9a-f]{32}\n\\.Cm ([a-z-]+)\n"
                                                   "\\.Pq (?:err|warning)");
    CHECK(in_journal.size() > 5);
    CHECK(found_in(between(read_manual(), "\nOnly the following events need attention", {"\n.El"}),
                   "\n\\.It Li ([a-z-]+)") == in_journal);
}
