// SPDX-License-Identifier: MIT
#include "parsed.hpp"
#include "policies/parsing/characters.hpp"

using namespace policies;
using policies::parsing::find_bad_character;

namespace {

std::pair<int, int> place(std::string_view text) {
    const auto fault = find_bad_character(text);
    return fault ? std::pair{fault->line, fault->column} : std::pair{0, 0};
}

constexpr std::pair k_good{0, 0};

} // namespace

TEST_CASE("characters beyond ASCII stand in comments and in text on one line") {
    for (const auto* text :
         {"# \u3042", "a = \"\u3042\"", "a = '\u3042'", "a = \"\\\"\u3042\"",
          "a = \"\\\\\" # \u3042", "\"\u3042\" = 1", "a = '\\' # \u3042",
          "a = \"\"\"x\"\"\" # \u3042", "a = '''x''''' # \u3042", "\xef\xbb\xbf# a\r\n\tb = 1\n"}) {
        CAPTURE(text);
        CHECK(place(text) == k_good);
    }
}

TEST_CASE("elsewhere they are found") {
    CHECK(place("\u3042 = 1") == std::pair{1, 1});
    CHECK(place("a = 1 # \u3042\nb = \u3042") == std::pair{2, 5});
    CHECK(place("a = \"\u3042\u3042\" \u3042") == std::pair{1, 10});
    CHECK(place("a = \"\"\"\n\u3042\"\"\"") == std::pair{2, 1});
    CHECK(place("a = '''\u3042'''") == std::pair{1, 8});
    CHECK(place("a = \"\"\"x\"\"\"\"\" \u3042") == std::pair{1, 15});
    CHECK(place("a = \"x\n\u3042") == std::pair{2, 1});
}

TEST_CASE("a quote within a number begins no text") {
    CHECK(place("a = 1\"\u02ab\"") == std::pair{1, 7});
    CHECK(place("a = 1979-05-27T07:32:00Z\"=\u02ab") == std::pair{1, 27});
    CHECK(place("a = [\n1=\"\u02ab\"]") == std::pair{2, 4});
    CHECK(place("a = 1979-05-27 0=\"\u02ab\"") == std::pair{1, 19});
    CHECK(place("a = -'\u02ab'") == std::pair{1, 7});
    for (const auto* text :
         {"a1=\"\u02ab\"", "a-1=\"\u02ab\"", "a = [1,\"\u02ab\"]", "a = {b=1,_1=\"\u02ab\"}",
          "a = 1 # \u02ab", "a = 1# \u02ab", "[1]# \u02ab"}) {
        CAPTURE(text);
        CHECK(place(text) == k_good);
    }
}

TEST_CASE("control characters and what is no UTF-8 are found anywhere") {
    CHECK(place("# \x1b") == std::pair{1, 3});
    CHECK(place("# a\rb") == std::pair{1, 4});
    CHECK(place("a = \"\xff\"") == std::pair{1, 6});
    CHECK(place(std::string_view("\n\0", 2)) == std::pair{2, 1});
    CHECK(find_bad_character("\xc2\x9b")->reason ==
          "this is not TOML: here is a control character");
    CHECK(find_bad_character("\xe3\x81")->reason == "this is not TOML: this is not UTF-8");
}

TEST_CASE("a bad character does not hide the faults of other lines") {
    const auto faults = bad(with_app("[drain]\ntimeout = 5\u00fcs\nstop_signal = \"SIGFOO\"\n"));
    REQUIRE(faults.size() == 2);
    CHECK(faults[0].line == 5);
    CHECK(faults[0].column == 12);
    CHECK(faults[1].key == "drain.stop_signal");
}
