// SPDX-License-Identifier: MIT
#include "recycler/base/text/numbers.hpp"

#include "recycler/base/text/decimals.hpp"

#include <doctest/doctest.h>

using namespace recycler::text;

TEST_CASE("texts that differ in numbers alone are the same without them, and no others") {
    CHECK(without_numbers("bind a.9: no room") == without_numbers("bind a.10: no room"));
    CHECK(without_numbers("7012.3") == "0.0");
    CHECK(without_numbers("").empty());
    CHECK(without_numbers("bind a") == "bind a");
    CHECK(without_numbers("bind a: no room") != without_numbers("bind a.1: no room"));
    CHECK(without_numbers("bind 1a") != without_numbers("bind 1b"));
}

TEST_CASE("a number is all of a text, or its front") {
    CHECK(number_in<int>("-12") == -12);
    CHECK(number_in<unsigned>("ff", 16) == 255);
    CHECK_FALSE(number_in<unsigned>("-12"));
    CHECK_FALSE(number_in<unsigned>("+12"));
    CHECK_FALSE(number_in<int>("12 "));
    CHECK_FALSE(number_in<int>(""));
    CHECK_FALSE(number_in<std::uint8_t>("256"));
    CHECK(number_at_front<int>("12 kB") == 12);
    CHECK_FALSE(number_at_front<int>(" 12"));
    std::string_view text = "2026-01";
    CHECK(take_digits(text, 4) == 2026);
    CHECK_FALSE(take_digits(text, 2));
    CHECK(text == "-01");
    CHECK(take_number<int>(text) == -1);
}

TEST_CASE("decimals say no more than they must") {
    CHECK(fixed(0.345, 1) == "0.3");
    CHECK(one_decimal(256.04) == "256");
    CHECK(one_decimal(57.25) == "57.2");
    CHECK(one_decimal_up(57.25) == "57.3");
    CHECK(one_decimal_up(0.96) == "1");
}
