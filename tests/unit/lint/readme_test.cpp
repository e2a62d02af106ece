// SPDX-License-Identifier: MIT
#include "linting.hpp"

#include <fstream>
#include <set>
#include <sstream>

using namespace recycler::lint;

namespace {

std::string file_at(const std::string& path) {
    std::ifstream file(RECYCLER_SOURCE_DIR "/" + path);
    REQUIRE(file);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// The first fenced block of the README in that language.
std::string block(const std::string& language) {
    const std::string text = file_at("README.md");
    const std::string fence = "\n```" + language + "\n";
    const std::size_t begin = text.find(fence);
    REQUIRE(begin != std::string::npos);
    const std::size_t end = text.find("\n```\n", begin + fence.size());
    return text.substr(begin + fence.size(), end + 1 - begin - fence.size());
}

} // namespace

TEST_CASE("what the README says to write for each balancer is recognised and without a finding") {
    for (const Kind kind : {Kind::nginx, Kind::haproxy, Kind::apache, Kind::lighttpd}) {
        const std::string name(name_of(kind));
        CAPTURE(name);
        const auto report = lint({{{name, block(name)}}, std::nullopt, std::nullopt});
        CHECK(linting::names(report) == "");
        REQUIRE(report.seen.size() == 1);
        CHECK(report.seen[0].kind == kind);
        CHECK(report.seen[0].pools == 1);
        CHECK(report.seen[0].backends == 2);
    }
}

TEST_CASE("every rule is in the manual, with a name of its own and a sentence") {
    const std::string manual = file_at("man/recyclerctl.1");
    std::set<std::string_view> names;
    for (auto rule = Rule{}; rule <= Rule::not_followed;
         rule = static_cast<Rule>(static_cast<int>(rule) + 1)) {
        const RuleText& text = text_of(rule);
        CAPTURE(text.name);
        CHECK(names.insert(text.name).second);
        CHECK_FALSE(text.sentence.empty());
        CHECK(manual.find("\n.It Li " + std::string(text.name) + "\n") != std::string::npos);
    }
}
