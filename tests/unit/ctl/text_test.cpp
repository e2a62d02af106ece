// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/text.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::ctl;
using namespace std::chrono_literals;

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

TEST_CASE("widths count characters") {
    CHECK(width_of("caf\xc3\xa9") == 4);
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

TEST_CASE("sizes are short") {
    CHECK(short_size(Bytes{0}) == "0B");
    CHECK(short_size(Bytes{999}) == "999B");
    CHECK(short_size(Bytes{1000}) == "1.0K");
    CHECK(short_size(196_MiB) == "196M");
    CHECK(short_size(1_GiB) == "1.0G");
    CHECK(short_size(Bytes{10'200'547'328}) == "9.5G");
    CHECK(short_size(Bytes{~std::uint64_t{0}}) == "16E");
}

TEST_CASE("spans are short, or in two units") {
    CHECK(short_span(0s) == "0s");
    CHECK(short_span(59s) == "59s");
    CHECK(short_span(60s) == "1m");
    CHECK(short_span(59min + 59s) == "59m");
    CHECK(short_span(47h) == "47h");
    CHECK(short_span(48h) == "2d");
    CHECK(long_span(400ms) == "0.4 s");
    CHECK(long_span(12s) == "12 s");
    CHECK(long_span(125s) == "2 min 5 s");
    CHECK(long_span(2min) == "2 min");
    CHECK(long_span(3h + 12min) == "3 h 12 min");
    CHECK(long_span(50h) == "2 d 2 h");
}

TEST_CASE("numbers are grouped and times are in UTC") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1000) == "1,000");
    CHECK(grouped(25294123) == "25,294,123");
    CHECK(date_text(WallTime{1s + 250ms}) == "1970-01-01 00:00:01 UTC");
    CHECK(clock_text(WallTime{-1s}) == "23:59:59 UTC");
}

TEST_CASE("a name clipped at the front keeps its end") {
    CHECK(clipped_front("shop-worker-12.sock", 10) == "...12.sock");
    CHECK(clipped_front("a.sock", 10) == "a.sock");
    CHECK(clipped_front("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4) == "...\xc3\xa9");
    CHECK(clipped_front("abcdef", 2) == "..");
}
