// SPDX-License-Identifier: MIT
#include "recycler/triggers/age.hpp"
#include "recycler/triggers/hung.hpp"
#include "recycler/triggers/memory.hpp"
#include "recycler/triggers/requests.hpp"
#include "recycler/triggers/spread.hpp"
#include "recycler/triggers/stuck.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace policies;
using namespace recycler::triggers;
using namespace recycler;

TEST_CASE("memory is due at its threshold, and its limit is predicted from growth") {
    Recycle recycle;
    CHECK_FALSE(memory_due(recycle, 999_GiB));
    Trend trend;
    trend.add({.at = MonoTime{0s}, .bloat = 10_MiB});
    trend.add({.at = MonoTime{1s}, .bloat = 20_MiB});
    recycle.memory = 40_MiB;
    CHECK_FALSE(memory_due(recycle, 40_MiB - Bytes{1}));
    CHECK(memory_due(recycle, 40_MiB));
    Memory memory;
    CHECK_FALSE(time_to_max(memory, trend, {}));
    memory.max = 50_MiB;
    CHECK(time_to_max(memory, trend, {}) == 3s);
}

TEST_CASE("requests are due at their limit and predicted from their rate") {
    Trend trend;
    CHECK_FALSE(requests_due(std::nullopt, 1'000'000));
    CHECK_FALSE(requests_due(100, 99));
    CHECK(requests_due(100, 100));
    CHECK_FALSE(requests_predicted(100, trend));
    trend.add({.at = MonoTime{0s}, .served = 10});
    CHECK_FALSE(requests_predicted(100, trend));
    trend.add({.at = MonoTime{2s}, .served = 50});
    CHECK_FALSE(requests_predicted(std::nullopt, trend));
    CHECK(requests_predicted(100, trend) == 2500ms);
    CHECK(requests_predicted(50, trend) == 0s);
    CHECK_FALSE(requests_predicted(UINT64_MAX, trend));
}

TEST_CASE("age is due at its limit, which is a deadline") {
    CHECK_FALSE(age_due(std::nullopt, 1000h));
    CHECK_FALSE(age_due(12h, 12h - 1ns));
    CHECK(age_due(12h, 12h));
    CHECK(age_predicted(12h, 11h) == 1h);
    CHECK(age_predicted(12h, 13h) == 0s);
    CHECK_FALSE(age_predicted(std::nullopt, 1h));
}

TEST_CASE("hung is due when one request has run too long") {
    Recycle recycle;
    CHECK_FALSE(hung_due(recycle, 1000h));
    recycle.hung = 360s;
    CHECK_FALSE(hung_due(recycle, std::nullopt));
    CHECK_FALSE(hung_due(recycle, 359s));
    CHECK(hung_due(recycle, 360s));
    CHECK(hung_predicted(recycle, 300s) == 60s);
    CHECK(hung_predicted(recycle, 400s) == 0s);
    CHECK_FALSE(hung_predicted(recycle, std::nullopt));
}

TEST_CASE("stuck is due when connections have waited too long for nobody, by default a minute") {
    Recycle recycle;
    CHECK_FALSE(stuck_due(recycle, std::nullopt));
    CHECK_FALSE(stuck_due(recycle, 60s - 1ns));
    CHECK(stuck_due(recycle, 60s));
    CHECK(stuck_predicted(recycle, 50s) == 10s);
    CHECK(stuck_predicted(recycle, 70s) == 0s);
    CHECK_FALSE(stuck_predicted(recycle, std::nullopt));
    recycle.stuck.reset();
    CHECK_FALSE(stuck_due(recycle, 1000h));
    CHECK_FALSE(stuck_predicted(recycle, 1000h));
}

TEST_CASE("a drawn limit lies within the spread, never above the limit") {
    for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
        const auto requests = spread_requests(5000, Percent{10}, seed);
        CHECK(requests >= 4500);
        CHECK(requests <= 5000);
        const auto age = spread_age(12h, Percent{10}, seed);
        CHECK(age >= 12h - 72min);
        CHECK(age <= 12h);
    }
}

TEST_CASE("the draw is even and the same for the same seed") {
    constexpr int k_draws = 10'000;
    std::uint64_t sum = 0;
    std::set<std::uint64_t> different;
    for (std::uint32_t generation = 1; generation <= k_draws; ++generation) {
        const auto seed = seed_of({SlotId{7}, generation});
        const auto drawn = spread_requests(5000, Percent{10}, seed);
        CHECK(drawn == spread_requests(5000, Percent{10}, seed));
        different.insert(drawn);
        sum += drawn;
    }
    CHECK(different.size() > 450);
    CHECK(sum / k_draws >= 4740);
    CHECK(sum / k_draws <= 4760);
}

TEST_CASE("workers of one generation do not draw alike") {
    std::set<std::uint64_t> seeds;
    for (std::uint16_t slot = 0; slot < 20; ++slot) {
        for (std::uint32_t generation = 1; generation <= 50; ++generation) {
            seeds.insert(seed_of({SlotId{slot}, generation}));
        }
    }
    CHECK(seeds.size() == 1000);
}

TEST_CASE("small limits and extreme spreads stay sane") {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        CHECK(spread_requests(5000, Percent{0}, seed) == 5000);
        CHECK(spread_requests(1, Percent{90}, seed) == 1);
        CHECK(spread_requests(0, Percent{90}, seed) == 0);
        CHECK(spread_requests(2, Percent{100}, seed) >= 1);
        CHECK(spread_requests(UINT64_MAX, Percent{100}, seed) >= 1);
        CHECK(spread_age(0s, Percent{10}, seed) == 0s);
    }
}
