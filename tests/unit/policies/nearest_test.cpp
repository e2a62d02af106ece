// SPDX-License-Identifier: MIT
#include "policies/parsing/nearest.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace policies::parsing;

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
