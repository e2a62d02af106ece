// SPDX-License-Identifier: MIT
#include "recycler/triggers/growth/sampling.hpp"
#include "recycler/triggers/spread.hpp"
#include "recycler/triggers/table.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace policies;
using namespace recycler::triggers;
using namespace recycler;

namespace {

// A worker that draws all of its limits, unless the spread is set.
struct Given {
    Policy policy;
    WorkerSampled seen{.worker = {SlotId{1}, 3}, .sample = {}};
    Trend trend;

    Given() { policy.recycle.spread = Percent{0}; }
    void sampled(const Sample& sample) {
        seen.sample = sample;
        trend.add(sample);
    }
    [[nodiscard]] Facts facts() const { return {.policy = policy, .seen = seen, .trend = trend}; }
    [[nodiscard]] Facts aged(Duration age) const {
        Facts facts = this->facts();
        facts.age = age;
        return facts;
    }
    [[nodiscard]] Facts running(std::optional<Duration> running) {
        seen.running = running;
        return facts();
    }
    [[nodiscard]] Facts unserved(std::optional<Duration> unserved) {
        seen.unserved = unserved;
        return facts();
    }
};

bool is_due_with(std::optional<Bytes> limit, Bytes bloat) {
    Given given;
    given.sampled({.bloat = bloat});
    Facts facts = given.facts();
    facts.memory_limit = limit;
    return memory_due(facts);
}

Given having_served(std::optional<std::uint64_t> limit, std::uint64_t served) {
    Given given;
    given.policy.recycle.requests = limit;
    given.sampled({.at = MonoTime{0s}, .served = served});
    return given;
}

// It has outlived and outgrown every limit, and it hangs.
struct Worst : Given {
    Worst() {
        sampled({.bloat = 999_GiB, .served = 1'000'000});
        seen.running = seen.unserved = 10000h;
        policy.recycle = {.memory = Bytes{1},
                          .requests = 1,
                          .age = 1s,
                          .hung = 1s,
                          .stuck = 1s,
                          .spread = Percent{0}};
    }
    [[nodiscard]] Facts facts() const {
        Facts facts = aged(10000h);
        facts.memory_limit = policy.recycle.memory;
        return facts;
    }
};

} // namespace

TEST_CASE("memory is due at its threshold, and its limit is predicted from growth") {
    CHECK_FALSE(is_due_with(std::nullopt, 999_GiB));
    CHECK_FALSE(is_due_with(40_MiB, 40_MiB - Bytes{1}));
    CHECK(is_due_with(40_MiB, 40_MiB));
    Trend trend;
    trend.add({.at = MonoTime{0s}, .bloat = 10_MiB});
    trend.add({.at = MonoTime{1s}, .bloat = 20_MiB});
    Memory memory;
    CHECK_FALSE(time_to_max(memory, trend, {}));
    memory.max = 50_MiB;
    CHECK(time_to_max(memory, trend, {}) == 3s);
}

TEST_CASE("memory is looked at for the limit that is in force, and for memory.max") {
    Given given;
    given.sampled({.at = MonoTime{0s}, .bloat = 39_MiB});
    CHECK(memory_next_look(given.facts()) == k_sample_idle);
    given.policy.recycle.memory = 40_MiB;
    CHECK(memory_next_look(given.facts()) == k_sample_idle); // it is held
    Facts limited = given.facts();
    limited.memory_limit = 40_MiB;
    CHECK(memory_next_look(limited) == k_sample_idle_near);
    given.policy.memory.max = 40_MiB;
    CHECK(memory_next_look(given.facts()) == k_sample_idle_near);
}

TEST_CASE("requests are due at their limit and predicted from their rate") {
    CHECK_FALSE(requests_due(having_served(std::nullopt, 1'000'000).facts()));
    CHECK_FALSE(requests_due(having_served(100, 99).facts()));
    CHECK(requests_due(having_served(100, 100).facts()));
    Given given;
    given.policy.recycle.requests = 100;
    CHECK_FALSE(requests_predicted(given.facts()));
    given.sampled({.at = MonoTime{0s}, .served = 10});
    CHECK_FALSE(requests_predicted(given.facts()));
    given.sampled({.at = MonoTime{2s}, .served = 50});
    CHECK(requests_predicted(given.facts()) == 2500ms);
    given.policy.recycle.requests.reset();
    CHECK_FALSE(requests_predicted(given.facts()));
    given.policy.recycle.requests = 50;
    CHECK(requests_predicted(given.facts()) == 0s);
    given.policy.recycle.requests = UINT64_MAX;
    CHECK_FALSE(requests_predicted(given.facts()));
}

TEST_CASE("a worker may be retired ahead of its limit of requests once it has served half of it") {
    Given given = having_served(100, 0);
    given.sampled({.at = MonoTime{2s}, .served = 49});
    CHECK_FALSE(requests_full_at(given.facts()));
    given.sampled({.at = MonoTime{2s}, .served = 50});
    CHECK(requests_full_at(given.facts()) == MonoTime{4s});
    CHECK_FALSE(requests_full_at(having_served(100, 100).facts())); // it serves nobody
}

TEST_CASE("requests are looked at half way to their limit, or soon if their rate is unknown") {
    Given given = having_served(100, 10);
    CHECK(requests_next_look(given.facts()) == 45ms);
    given.sampled({.at = MonoTime{2s}, .served = 50});
    CHECK(requests_next_look(given.facts()) == 1250ms);
    given.policy.recycle.requests.reset();
    CHECK_FALSE(requests_next_look(given.facts()));
}

TEST_CASE("age is due at its limit, which is a deadline") {
    Given given;
    CHECK_FALSE(age_due(given.aged(1000h)));
    CHECK_FALSE(age_predicted(given.aged(1h)));
    CHECK_FALSE(age_next_look(given.aged(1h)));
    given.policy.recycle.age = 12h;
    CHECK_FALSE(age_due(given.aged(12h - 1ns)));
    CHECK(age_due(given.aged(12h)));
    CHECK(age_predicted(given.aged(11h)) == 1h);
    CHECK(age_predicted(given.aged(13h)) == 0s);
    CHECK(age_next_look(given.aged(11h)) == 1h);
    CHECK_FALSE(age_next_look(given.aged(13h)));
}

TEST_CASE("hung is due when one request has run too long") {
    Given given;
    CHECK_FALSE(hung_due(given.running(1000h)));
    given.policy.recycle.hung = 360s;
    CHECK_FALSE(hung_due(given.running(std::nullopt)));
    CHECK_FALSE(hung_due(given.running(359s)));
    CHECK(hung_due(given.running(360s)));
    CHECK(hung_predicted(given.running(300s)) == 60s);
    CHECK(hung_predicted(given.running(400s)) == 0s);
    CHECK_FALSE(hung_predicted(given.running(std::nullopt)));
    CHECK(hung_next_look(given.running(300s)) == 60s);
    CHECK(hung_next_look(given.running(400s)) == k_sample_near);
    CHECK_FALSE(hung_next_look(given.running(std::nullopt)));
}

TEST_CASE("stuck is due when connections have waited too long for nobody, by default a minute") {
    Given given;
    CHECK_FALSE(stuck_due(given.unserved(std::nullopt)));
    CHECK_FALSE(stuck_due(given.unserved(60s - 1ns)));
    CHECK(stuck_due(given.unserved(60s)));
    CHECK(stuck_predicted(given.unserved(50s)) == 10s);
    CHECK(stuck_predicted(given.unserved(70s)) == 0s);
    CHECK_FALSE(stuck_predicted(given.unserved(std::nullopt)));
    CHECK(stuck_next_look(given.unserved(50s)) == 10s);
    CHECK(stuck_next_look(given.unserved(70s)) == k_sample_near);
    given.policy.recycle.stuck.reset();
    CHECK_FALSE(stuck_due(given.unserved(1000h)));
    CHECK_FALSE(stuck_predicted(given.unserved(1000h)));
}

TEST_CASE("each rule of the table finds the worst worker, and nobody when it is off") {
    const Worst on;
    Worst soon;
    soon.policy.recycle.age = 10000h + 1ms; // one that is due already needs no look
    Worst off;
    off.policy.recycle = {.stuck = std::nullopt};
    for (const Row& row : k_table) {
        if (row.rule) {
            CAPTURE(row.rule->key);
            CHECK(row.rule->due(on.facts()));
            CHECK(row.rule->next_look(soon.facts()).has_value());
            CHECK_FALSE(row.rule->due(off.facts()));
        }
    }
}

TEST_CASE("of several that come with one sample the first in the table is named") {
    Worst all;
    CHECK(first_due<Reason::useless>(all.facts()) == Trigger::hung);
    CHECK(first_due<Reason::measured>(all.facts()) == Trigger::memory);
    all.policy.recycle.hung.reset();
    all.policy.recycle.memory.reset();
    CHECK(first_due<Reason::useless>(all.facts()) == Trigger::stuck);
    CHECK(first_due<Reason::measured>(all.facts()) == Trigger::requests);
    all.policy.recycle.requests.reset();
    CHECK(first_due<Reason::measured>(all.facts()) == Trigger::age);
    CHECK_FALSE(first_due<Reason::asked>(all.facts()));
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
