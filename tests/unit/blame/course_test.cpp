// SPDX-License-Identifier: MIT
#include "recycler/blame/course.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::blame;

namespace {

request::MeasuredRequest grew(std::int64_t growth, std::int64_t level) {
    return {.method = "GET", .uri = "/", .growth = growth, .level = level};
}

} // namespace

TEST_CASE("a route's requests are numbered in their process, by what they stand for") {
    Course course;
    CHECK(course.add(grew(0, 100), 7, 1, 0).ordinal == 1);
    CHECK(course.is_new());
    CHECK(course.add(grew(0, 100), 7, 20, 0).ordinal == 2);
    CHECK_FALSE(course.is_new());
    CHECK(course.add(grew(0, 100), 7, 1, 0).ordinal == 22);
    CHECK(course.add(grew(0, 100), 0x1234, 1, 0).ordinal == 1);
}

TEST_CASE("from stretch to stretch only the lowest levels count") {
    Course course;
    std::vector<Stride> strides;
    for (int i = 0; i < 128; ++i) {
        const std::int64_t level = 1000 + (i % 2 == 0 ? 500 : 0) + (i >= 96 ? 10 : 0);
        const std::int64_t growth = i % 2 == 0 ? 500 : -500;
        if (const auto stride = course.add(grew(growth, level), 7, 2, 0).stride) {
            strides.push_back(*stride);
        }
    }
    REQUIRE(strides.size() == 3); // the first stretch has none before it
    CHECK(strides[0].ordinal == 1);
    CHECK(strides[0].bytes == 0);
    CHECK(strides[0].requests == 64);
    CHECK(strides[1].bytes == 0);
    CHECK(strides[2].bytes == 10);
}

TEST_CASE("what a request leaves behind is known when a stretch has passed, and what was given "
          "back has not lasted") {
    Course course;
    for (int i = 0; i < 64; ++i) {
        CHECK_FALSE(
            course.add(grew(i == 32 ? 50 : 0, i >= 32 ? 150 : 100), i == 32 ? 8 : 7, 1, 0).lasting);
    }
    const auto lasted = course.add(grew(0, 150), 7, 1, 0).lasting;
    REQUIRE(lasted);
    CHECK(lasted->route == 8);
    CHECK(lasted->bytes == 50);
    for (int i = 0; i < 31; ++i) {
        CHECK(course.add(grew(0, 150), 7, 1, 0).lasting->bytes == (i == 31 ? 0 : 50));
    }
    CHECK(course.add(grew(-50, 100), 7, 1, 0).lasting->bytes == 0);
}

TEST_CASE("what a request leaves behind is what it adds to the growth of all") {
    Course course;
    std::optional<Lasting> last;
    for (int i = 0; i < 65; ++i) { // each 10, and the one in the middle 50
        const std::int64_t level = 1000 + 10 * (i + 1) + (i >= 32 ? 40 : 0);
        last = course.add(grew(i == 32 ? 50 : 10, level), 7, 1, 10).lasting;
    }
    REQUIRE(last);
    CHECK(last->bytes == 40 + 10); // from before it to after it
}

TEST_CASE("memory that is given back between two requests is seen") {
    Course course;
    course.add(grew(50, 150), 7, 1, 0);
    CHECK(course.fell() == 0);
    course.add(grew(50, 150), 7, 1, 0);
    CHECK(course.fell() == 50);
}

TEST_CASE("without a level, as an earlier recorder leaves it out, requests are numbered all the "
          "same") {
    Course course;
    request::MeasuredRequest request = grew(5, 0);
    request.level.reset();
    for (std::uint32_t i = 1; i <= 100; ++i) {
        const Step step = course.add(request, 7, 1, 0);
        CHECK(step.ordinal == i);
        CHECK_FALSE(step.lasting);
        CHECK_FALSE(step.stride);
    }
}
