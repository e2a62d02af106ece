// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/text.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::ctl;
using namespace std::chrono_literals;

TEST_CASE("widths count characters") {
    CHECK(padded("caf\xc3\xa9", 6, Align::left) == "caf\xc3\xa9  ");
    CHECK(padded("12", 4, Align::right) == "  12");
    CHECK(padded("12345", 4, Align::right) == "12345");
    CHECK(clipped("abcdef", 6) == "abcdef");
    CHECK(clipped("abcdefg", 6) == "abc...");
    CHECK(clipped("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4) == "\xc3\xa9...");
    CHECK(clipped("abc", 2) == "..");
}

TEST_CASE("text is wrapped at spaces, and cut where there are none") {
    using Lines = std::vector<std::string>;
    CHECK(wrapped("", 10) == Lines{""});
    CHECK(wrapped("one two three", 7) == Lines{"one two", "three"});
    CHECK(wrapped("one two three", 8) == Lines{"one two", "three"});
    CHECK(wrapped("abcdefghij", 4) == Lines{"abcd", "efgh", "ij"});
    CHECK(wrapped("a abcdefgh", 4) == Lines{"a", "abcd", "efgh"});
    CHECK(wrapped("ab", 0) == Lines{"a", "b"});
}

TEST_CASE("times are in UTC") {
    CHECK(date_text(WallTime{1s + 250ms}) == "1970-01-01 00:00:01 UTC");
    CHECK(clock_text(WallTime{-1s}) == "23:59:59 UTC");
}

TEST_CASE("a name clipped at the front keeps its end") {
    CHECK(clipped_front("shop-worker-12.sock", 10) == "...12.sock");
    CHECK(clipped_front("a.sock", 10) == "a.sock");
    CHECK(clipped_front("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4) == "...\xc3\xa9");
    CHECK(clipped_front("abcdef", 2) == "..");
}
