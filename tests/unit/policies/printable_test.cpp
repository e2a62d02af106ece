// SPDX-License-Identifier: MIT
#include "policies/parsing/nearest.hpp"
#include "policies/parsing/printable.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace policies::parsing;

TEST_CASE("what a terminal might obey or choke on is replaced, character by character") {
    CHECK(printable("plain") == "plain");
    CHECK(printable("caf\u00e9 \u20ac \U0001F600") == "caf\u00e9 \u20ac \U0001F600");
    CHECK(printable("a\tb") == "a b");
    CHECK(printable("\x1b[31mred\x7f") == "?[31mred?");
    CHECK(printable(std::string_view("a\0b", 3)) == "a?b");
    CHECK(printable("\xff\xfe") == "??");
    CHECK(printable("\xe2\x82") == "??");
    CHECK(printable("\xc0\xaf") == "??");           // overlong
    CHECK(printable("\xed\xa0\x80") == "???");      // a surrogate
    CHECK(printable("\xf4\x90\x80\x80") == "????"); // beyond Unicode
    CHECK(printable("\xc2\x9b") == "??");           // C1: CSI
}

TEST_CASE("a quote is bounded") {
    CHECK(policies::parsing::quoted("a") == "\"a\"");
    CHECK(policies::parsing::quoted(std::string(60, 'a')) == "\"" + std::string(60, 'a') + "\"");
    CHECK(policies::parsing::quoted(std::string(61, 'a')) == "\"" + std::string(60, 'a') + "...\"");
}

TEST_CASE("the nearest word is found within a third of its letters") {
    constexpr std::array<std::string_view, 4> known{"memory", "requests", "age", "hung"};
    CHECK(nearest("memroy", known) == "memory");
    CHECK(nearest("Memory", known) == "memory");
    CHECK(nearest("request", known) == "requests");
    CHECK(nearest("hang", known) == "hung");
    CHECK_FALSE(nearest("colour", known));
    CHECK_FALSE(nearest("", known));
    CHECK_FALSE(nearest(std::string(1000, 'm'), known));
}
