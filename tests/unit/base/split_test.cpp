// SPDX-License-Identifier: MIT
#include "recycler/base/text/split.hpp"

#include <doctest/doctest.h>

using namespace recycler::text;

TEST_CASE("lines and words are taken off the front, the last one without its end") {
    std::string_view text = "one two\n\nthree";
    CHECK(take_line(text) == "one two");
    CHECK(take_line(text).empty());
    CHECK(take_line(text) == "three");
    CHECK(text.empty());
    CHECK(first_line("a\nb") == "a");

    text = "  a   b ";
    CHECK(take_word(text) == "a");
    CHECK(take_word(text) == "b");
    CHECK(take_word(text).empty());
}

TEST_CASE("blanks are trimmed from both ends") {
    CHECK(trimmed(" \ta b\r") == "a b");
    CHECK(trimmed(" \t ").empty());
    CHECK(trimmed("").empty());
    CHECK(trimmed("a\n") == "a\n");
    CHECK(trimmed("\na\n", " \t\n") == "a");
    CHECK(without_leading("  a ") == "a ");
}

TEST_CASE("what stands between marks is found") {
    std::string_view text = "key: value";
    CHECK_FALSE(take(text, "value"));
    CHECK(take(text, 'k'));
    CHECK(take_until(text, ": ") == "ey");
    CHECK(text == "value");
    CHECK(take_until(text, ": ") == "value");
    CHECK(after("[pid 12] x", "[pid ", "]") == "12");
    CHECK(after("x", "[pid ", "]").empty());
    CHECK(contains("abc", "bc"));
}
