// SPDX-License-Identifier: MIT
#include "recycler/triggers/growth/trend.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace recycler::triggers;
using namespace recycler;
using namespace std::chrono_literals;

namespace {

Sample at(Duration time, Bytes bloat, std::uint64_t served = 0) {
    return {.at = MonoTime{time}, .bloat = bloat, .served = served};
}

} // namespace

TEST_CASE("what has not been measured is unknown") {
    Trend trend;
    CHECK_FALSE(trend.last());
    CHECK_FALSE(trend.growth_per_second());
    CHECK_FALSE(trend.growth_per_request());
    CHECK_FALSE(trend.requests_per_second());
    CHECK_FALSE(trend.time_to(1_MiB));
    CHECK_FALSE(trend.busy());
    trend.add(at(5s, 10_MiB, 3));
    CHECK(trend.last()->bloat == 10_MiB);
    CHECK_FALSE(trend.growth_per_second());
    CHECK_FALSE(trend.requests_per_second());
    CHECK_FALSE(trend.time_to(11_MiB));
    CHECK(trend.time_to(10_MiB) == 0s);
    CHECK_FALSE(trend.busy());
}

TEST_CASE("steady growth is measured as it is") {
    Trend trend;
    for (int i = 0; i <= 300; ++i) {
        trend.add(at(i * 1s, Bytes{static_cast<std::uint64_t>(i) * 1000}));
    }
    CHECK(trend.growth_per_second() == Bytes{1000});
    CHECK(trend.time_to(Bytes{310'000}) == 10s);
}

TEST_CASE("a burst counts at once, and is forgotten when it is over") {
    Trend trend;
    for (int i = 0; i <= 100; ++i) {
        trend.add(at(i * 1s, 50_MiB));
    }
    CHECK(trend.growth_per_second() == Bytes{0});
    CHECK_FALSE(trend.time_to(100_MiB));
    trend.add(at(100s + 10ms, 52_MiB));
    CHECK(trend.growth_per_second() == 200_MiB);
    for (int i = 1; i <= 61; ++i) {
        trend.add(at(101s + i * 1s, 52_MiB));
    }
    CHECK(trend.growth_per_second() == Bytes{0});
}

TEST_CASE("a drop never makes growth negative, and growth after it counts at once") {
    Trend trend;
    trend.add(at(0s, 100_MiB));
    trend.add(at(1s, 40_MiB));
    CHECK(trend.growth_per_second() == Bytes{0});
    CHECK_FALSE(trend.time_to(100_MiB));
    trend.add(at(1s + 100ms, 42_MiB));
    CHECK(trend.growth_per_second() == 20_MiB);
}

TEST_CASE("a saw grows with its teeth: the prediction is never later than the truth") {
    Trend trend;
    // 10 MiB a second in jumps of 5 MiB.
    for (int i = 0; i <= 40; ++i) {
        const auto steps = static_cast<std::uint64_t>(i / 5);
        trend.add(at(i * 100ms, Bytes{steps * (5_MiB).count}));
        if (i > 10) {
            CHECK(trend.growth_per_second()->count >= (9_MiB).count);
        }
    }
}

TEST_CASE("a slow leak that comes in steps is seen over a minute") {
    Trend trend;
    for (int i = 0; i <= 240; ++i) {
        trend.add(
            at(i * 250ms, Bytes{100'000'000 + static_cast<std::uint64_t>(i / 40) * 1'000'000}));
    }
    trend.add(at(60s + 250ms, Bytes{106'000'000}));
    trend.add(at(62s, Bytes{106'000'000}));
    CHECK(trend.growth_per_second()->count > 80'000);
    CHECK(trend.time_to(Bytes{116'000'000}).has_value());
}

TEST_CASE("growth per request is counted from the first one on") {
    Trend trend;
    trend.add(at(0s, 50_MiB, 0));
    trend.add(at(1s, 60_MiB, 1)); // warm-up
    trend.add(at(2s, 60_MiB, 10));
    CHECK_FALSE(trend.growth_per_request());
    trend.add(at(3s, 61_MiB, 11));
    CHECK(trend.growth_per_request() == Bytes{(1_MiB).count / 10});
    trend.add(at(4s, 40_MiB, 20));
    CHECK(trend.growth_per_request() == Bytes{0});
    trend.add(at(5s, 40_MiB, 2)); // counted anew
    CHECK_FALSE(trend.growth_per_request());
    CHECK_FALSE(trend.requests_per_second());
}

TEST_CASE("a worker is busy while it serves or has just served") {
    Trend trend;
    trend.add(at(0s, 1_MiB, 5));
    trend.add(at(1s, 1_MiB, 5));
    CHECK_FALSE(trend.busy());
    trend.add(at(2s, 1_MiB, 6));
    CHECK(trend.busy());
    CHECK(trend.requests_per_second() == 1.0); // of the last second
    trend.add(at(3s, 1_MiB, 6));
    CHECK(trend.requests_per_second() == 1.0 / 3); // of all
    CHECK_FALSE(trend.busy());
    Sample running = at(4s, 1_MiB, 6);
    running.in_flight = 1;
    trend.add(running);
    CHECK(trend.busy());
}

TEST_CASE("time that stands still or runs backwards replaces the last sample") {
    Trend trend;
    trend.add(at(1s, 10_MiB));
    trend.add(at(2s, 20_MiB));
    trend.add(at(2s, 30_MiB));
    CHECK(trend.growth_per_second() == 20_MiB);
    trend.add(at(1s, 15_MiB));
    CHECK(trend.last()->at == MonoTime{2s});
    CHECK(trend.growth_per_second() == 5_MiB);
}

TEST_CASE("a prediction beyond a year is none") {
    Trend trend;
    trend.add(at(0s, Bytes{0}));
    trend.add(at(1s, Bytes{1}));
    CHECK_FALSE(trend.time_to(Bytes{UINT64_MAX}));
}

TEST_CASE("whatever is fed in, answers stay finite and growth stays at least 0") {
    std::mt19937_64 random{7};
    Trend trend;
    Duration now{0};
    for (int i = 0; i < 5000; ++i) {
        now += Duration{static_cast<Duration::rep>(random() >> (24 + random() % 40))};
        trend.add(at(now, Bytes{random() >> (random() % 64)}, random() >> (random() % 64)));
        if (i > 0) {
            REQUIRE(trend.growth_per_second());
        }
        const auto time = trend.time_to(Bytes{random()});
        CHECK((!time || (*time >= 0s && *time <= std::chrono::hours{24 * 366})));
    }
}
