// SPDX-License-Identifier: MIT
#include "parsed.hpp"

#include <fstream>
#include <sstream>

using namespace policies;

namespace {

std::string file(const std::string& name) {
    std::ifstream stream(RECYCLER_SOURCE_DIR "/tests/unit/policies/" + name);
    REQUIRE(stream);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

// One line each: where, which key, why, and what to do instead.
std::string list(const std::vector<Fault>& faults) {
    std::string lines;
    for (const Fault& fault : faults) {
        lines += std::to_string(fault.line) + ":" + std::to_string(fault.column) + " " +
                 (fault.key.empty() ? "-" : fault.key) + " | " + fault.reason + " | " +
                 (fault.suggestion.empty() ? "-" : fault.suggestion) + "\n";
    }
    return lines;
}

} // namespace

TEST_CASE("thirty faults of all kinds are told at once, each in its place") {
    const std::vector<Fault> faults = bad(file("thirty_faults.toml"));
    CHECK(faults.size() == 30);
    CHECK(list(faults) == file("thirty_faults.expected"));
}

TEST_CASE("a whole file of faults reads as a good compiler would tell them") {
    const std::string text = file("thirty_faults.toml");
    CHECK(render(bad(text), "shop.toml", text) == file("thirty_faults.rendered"));
}

TEST_CASE("faults are shown as a compiler shows them") {
    const std::string text = "[app]\ncommand = [\"/bin/app\"]\nlisten = \"7000\"\n"
                             "[recycle]\nmemroy = \"1G\"\nage = \"soon\"\n";
    CHECK(render(bad(text), "/etc/recycler/shop.toml", text) ==
          "/etc/recycler/shop.toml:5:1: recycle.memroy: there is no such key\n"
          " 5 | memroy = \"1G\"\n"
          "   | ^~~~~~\n"
          "   = did you mean \"memory\"?\n"
          "/etc/recycler/shop.toml:6:7: recycle.age: \"soon\": this is not a span of time\n"
          " 6 | age = \"soon\"\n"
          "   |       ^~~~~~\n"
          "   = write numbers with units, such as \"5min\", \"1h 30min\" or \"250ms\"\n");
}

TEST_CASE("a fault without a line, a key or a suggestion is shown without them") {
    CHECK(render({Fault{1, 1, "", "this is wrong", ""}}, "a.toml", "") ==
          "a.toml:1:1: this is wrong\n");
    CHECK(render({Fault{9, 1, "a.b", "this is wrong", ""}}, "a.toml", "x\n") ==
          "a.toml:9:1: a.b: this is wrong\n");
}

TEST_CASE("the mark stands below the character meant, whatever stands before it") {
    CHECK(render({Fault{1, 4, "", "no", ""}}, "a", "\t\u00e9\x1bx") == "a:1:4: no\n"
                                                                       " 1 |  \u00e9?x\n"
                                                                       "   |    ^\n");
}

TEST_CASE("a line too wide for a terminal is cut") {
    const std::string text(1000, 'a');
    const std::string shown = render({Fault{1, 900, "", "no", ""}}, "a", text);
    CHECK(shown == "a:1:900: no\n 1 | " + std::string(160, 'a') + "\n   | \n");
}
