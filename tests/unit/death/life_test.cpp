// SPDX-License-Identifier: MIT
#include "recycler/death/life.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::death;
using namespace std::chrono_literals;

namespace {

LifePoint at(Duration age) {
    const auto seconds = static_cast<std::uint64_t>(age / 1s);
    return {.age = age, .bloat = Bytes{seconds}, .served = seconds};
}

} // namespace

TEST_CASE("a life that was never seen has no points") {
    CHECK(Life().points().empty());
}

TEST_CASE("a short life keeps its first and its newest point, however dense the looks were") {
    Life life;
    for (Duration age = 100ms; age < 1s; age += 10ms) {
        life.add(at(age));
    }
    CHECK(life.points() == std::vector{at(100ms), at(990ms)});
}

TEST_CASE("a life of any length keeps a few points that are spread over all of it") {
    for (const Duration length : {Duration(30s), Duration(1h), Duration(30 * 24h)}) {
        Life life;
        for (Duration age = 0s; age <= length; age += length / 5000) {
            life.add(at(age));
            REQUIRE(life.points().size() <= Life::k_most_points);
            REQUIRE(life.points().back() == at(age));
        }
        const auto points = life.points();
        CHECK(points.size() >= Life::k_most_points / 2);
        CHECK(points.front().age == 0s);
        for (std::size_t i = 1; i < points.size(); ++i) {
            CHECK(points[i].age > points[i - 1].age);
            CHECK(points[i].age - points[i - 1].age <= length / 3);
        }
    }
}

TEST_CASE("the same age twice is no reason for two points") {
    Life life;
    life.add(at(1s));
    life.add({.age = 1s, .bloat = 5_MiB});
    CHECK(life.points().size() == 2); // the first and the newest differ
    life.add(at(1s));
    CHECK(life.points() == std::vector{at(1s)});
}
