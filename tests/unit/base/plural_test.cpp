// SPDX-License-Identifier: MIT
#include "recycler/base/text/plural.hpp"

#include <doctest/doctest.h>

using namespace recycler::text;

TEST_CASE("numbers are grouped for people") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1000) == "1,000");
    CHECK(grouped(25294123) == "25,294,123");
}

TEST_CASE("one request is not two requests") {
    CHECK(counted_plain(1, "request") == "1 request");
    CHECK(counted_plain(0, "request") == "0 requests");
    CHECK(counted_plain(25294, "request") == "25294 requests");
    CHECK(counted(1, "worker") == "1 worker");
    CHECK(counted(25294, "line") == "25,294 lines");
    CHECK(plural(2, "time") == "times");
    CHECK(plural(2, "process") == "processes");
}
