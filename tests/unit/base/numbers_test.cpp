// SPDX-License-Identifier: MIT
#include "recycler/base/numbers.hpp"

#include <doctest/doctest.h>

using recycler::without_numbers;

TEST_CASE("texts that differ in numbers alone are the same without them, and no others") {
    CHECK(without_numbers("bind a.9: no room") == without_numbers("bind a.10: no room"));
    CHECK(without_numbers("7012.3") == "0.0");
    CHECK(without_numbers("").empty());
    CHECK(without_numbers("bind a") == "bind a");
    CHECK(without_numbers("bind a: no room") != without_numbers("bind a.1: no room"));
    CHECK(without_numbers("bind 1a") != without_numbers("bind 1b"));
}
