// SPDX-License-Identifier: MIT
#include "recycler/base/route.hpp"

#include <doctest/doctest.h>

using recycler::route_of;

TEST_CASE("requests that differ in numbers, ids or the query alone are one route") {
    CHECK(route_of("/orders/17") == "/orders/*");
    CHECK(route_of("/orders/17/items/3?page=2") == "/orders/*/items/*");
    CHECK(route_of("/users/3f2504e0-4f89-11d3-9a0c-0305e82c3301/") == "/users/*/");
    CHECK(route_of("/blob/deadbeef01") == "/blob/*");
    CHECK(route_of("/a;jsessionid=77#top") == "/a");
    CHECK(route_of("/token/" + std::string(41, 'x')) == "/token/*");
}

TEST_CASE("what has a name keeps it") {
    CHECK(route_of("/dispatch.fcgi") == "/dispatch.fcgi");
    CHECK(route_of("/v2/feedface/cafe") == "/v2/feedface/cafe"); // words: no digit in them
    CHECK(route_of("/v2/a1b2c3") == "/v2/a1b2c3");               // too short for an id
    CHECK(route_of("/") == "/");
    CHECK(route_of("").empty());
    CHECK(route_of("//x//") == "//x//");
}

TEST_CASE("a route is bounded, whatever the URI is") {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) {
        deep += "/part";
    }
    CHECK(route_of(deep) == "/part/part/part/part/part/part/part/part/...");
    CHECK(route_of(std::string(1'000'000, 'a')) == "*");
    CHECK(route_of(std::string("/\0\xff/7", 5)) == std::string("/\0\xff/*", 5));
    CHECK(route_of(std::string(1'000'000, '/')).size() < 400);
}
