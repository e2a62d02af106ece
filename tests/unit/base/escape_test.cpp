// SPDX-License-Identifier: MIT
#include "recycler/base/text/escape.hpp"

#include <doctest/doctest.h>

using namespace recycler::text;

TEST_CASE("text that could steer a terminal is shown, not obeyed") {
    CHECK(printable("plain") == "plain");
    CHECK(printable("\x1b[2J\r\n\t\x7f") == "\\x1b[2J\\x0d\\n\\t\\x7f");
    CHECK(printable(std::string("a\0b", 3)) == "a\\x00b");
    CHECK(printable("\xc2\x9b") == "\\u009b");     // CSI in one character
    CHECK(printable("\xe2\x80\xae") == "\\u202e"); // right-to-left override
    CHECK(printable("caf\xc3\xa9 \xf0\x9f\x9a\x80") == "caf\xc3\xa9 \xf0\x9f\x9a\x80");
}

TEST_CASE("bytes that are no UTF-8 are shown one by one") {
    CHECK(printable("\xff") == "\\xff");
    CHECK(printable("\xc3") == "\\xc3");
    CHECK(printable("\xc3z") == "\\xc3z");
    CHECK(printable("\xc0\xaf") == "\\xc0\\xaf"); // longer than needed
    CHECK(printable("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80"); // half of a surrogate pair
    CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
}

TEST_CASE("what a terminal might obey or choke on is replaced, character by character") {
    CHECK(masked("plain") == "plain");
    CHECK(masked("caf\u00e9 \u20ac \U0001F600") == "caf\u00e9 \u20ac \U0001F600");
    CHECK(masked("a\tb") == "a b");
    CHECK(masked("\x1b[31mred\x7f") == "?[31mred?");
    CHECK(masked(std::string_view("a\0b", 3)) == "a?b");
    CHECK(masked("\xff\xfe") == "??");
    CHECK(masked("\xe2\x82") == "??");
    CHECK(masked("\xc0\xaf") == "??");           // overlong
    CHECK(masked("\xed\xa0\x80") == "???");      // a surrogate
    CHECK(masked("\xf4\x90\x80\x80") == "????"); // beyond Unicode
    CHECK(masked("\xc2\x9b") == "??");           // C1: CSI
}

TEST_CASE("a quote is bounded") {
    CHECK(quoted("a") == "\"a\"");
    CHECK(quoted(std::string(60, 'a')) == "\"" + std::string(60, 'a') + "\"");
    CHECK(quoted(std::string(61, 'a')) == "\"" + std::string(60, 'a') + "...\"");
}

TEST_CASE("text from a worker is bounded, and only printable ASCII of it gets through") {
    CHECK(in_ascii("GET", 20) == "GET");
    CHECK(in_ascii("a\n\x1b\x7f\xc3\xa9\\", 20) == "a\\x0a\\x1b\\x7f\\xc3\\xa9\\\\");
    CHECK(in_ascii("abcdef", 3) == "abc...");
    CHECK(in_ascii("abc", 3) == "abc");
}

TEST_CASE("a name or URI stays one word, up to its first zero byte") {
    CHECK(percent_escaped("/a?b=%41") == "/a?b=%41");
    CHECK(percent_escaped("a b\n\x1b\xff") == "a%20b%0A%1B%FF");
    CHECK(percent_escaped(std::string_view("a\0b", 3)) == "a");
    CHECK(percent_escaped("").empty());
}

TEST_CASE("the length of what can be shown is that of its character") {
    CHECK(shown_length("a\n") == 1);
    CHECK(shown_length("\xe2\x82\xac") == 3);
    CHECK(shown_length("\n") == 0);
    CHECK(shown_length("\xc2\x9b") == 0);
    CHECK(shown_length("\xff") == 0);
}

TEST_CASE("a quote holds no tab either") {
    CHECK(quoted("a\tb\n") == "\"a?b?\"");
}

TEST_CASE("what stands in a JSON string cannot end it") {
    CHECK(json_escaped("a\"b\\c\n\x01") == "a\\u0022b\\u005cc\\u000a\\u0001");
    CHECK(json_escaped("caf\xc3\xa9\x7f/") == "caf\xc3\xa9\x7f/");
}

TEST_CASE("a path is one word to a shell") {
    CHECK(shell_word("/srv/shop-1.2/a_b+c,d@e%f:g") == "/srv/shop-1.2/a_b+c,d@e%f:g");
    CHECK(shell_word("/srv/my shop") == "'/srv/my shop'");
    CHECK(shell_word("it's $HOME") == "'it'\\''s $HOME'");
}
