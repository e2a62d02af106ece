// SPDX-License-Identifier: MIT
#include "recycler/base/text/join.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace recycler::text;
using List = std::vector<std::string>;

TEST_CASE("a list has its separator between its parts alone") {
    CHECK(joined(List{}, ", ").empty());
    CHECK(joined(List{"a"}, ", ") == "a");
    CHECK(joined(List{"a", "b", "c"}, ", ") == "a, b, c");
    CHECK(joined(List{"a", "", "c"}, "; ") == "a; ; c");
    CHECK(joined(List{"", "b"}, ", ") == "b");
    CHECK(joined(std::vector{1, 2}, " ", [](int i) { return std::to_string(i); }) == "1 2");
}

TEST_CASE("what a list does not show is counted") {
    CHECK(and_more("7003, 7004", 15) == "7003, 7004 and 15 more");
    CHECK(and_more("7003", 0) == "7003");
    CHECK(and_more("GET /a", 2, ", and ") == "GET /a, and 2 more");
}
