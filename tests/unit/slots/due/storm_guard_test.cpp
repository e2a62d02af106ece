// SPDX-License-Identifier: MIT
// The guard against recycle storms by itself: what it counts, when it trips, and what it says.
#include "recycler/slots/due/storm.hpp"

#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;

namespace {

policies::Memory at_most(Bytes max) {
    policies::Memory memory;
    memory.max = max;
    return memory;
}

triggers::Sample sample_at(Duration since, Bytes bloat, std::uint64_t served) {
    return {.at = k_start + since, .bloat = bloat, .served = served, .accepts = served};
}

Holding held_at(Bytes baseline) {
    return {.baseline = baseline, .limit = 64_MiB, .served = k_few_requests};
}

// One is due again and again after so many requests, having had 9 MiB when it was fresh.
StormGuard in_a_row(std::uint64_t served, std::size_t times, MonoTime now = k_start) {
    StormGuard guard;
    for (std::size_t i = 0; i < times; ++i) {
        CHECK_FALSE(guard.retired(now, 64_MiB, 9_MiB, served));
    }
    return guard;
}

} // namespace

TEST_CASE("five in a row trip the guard, and the median of them is the baseline") {
    StormGuard guard;
    for (const Bytes baseline : {80_MiB, 70_MiB, 90_MiB, 71_MiB}) {
        CHECK_FALSE(guard.retired(k_start, 64_MiB, baseline, 1));
    }
    CHECK_FALSE(guard.holding());
    CHECK(guard.retired(k_start, 64_MiB, 64_MiB, 1));
    CHECK(guard.holding() == held_at(71_MiB));
    CHECK_FALSE(guard.retired(k_start, 84_MiB, 70_MiB, 1)); // told once
}

TEST_CASE("one recycle that was worth it, and a pause, begin the count anew") {
    StormGuard guard;
    const auto four = [&guard](MonoTime now) {
        for (int i = 0; i < 4; ++i) {
            CHECK_FALSE(guard.retired(now, 64_MiB, 70_MiB, 1));
        }
    };
    four(k_start);
    CHECK_FALSE(guard.retired(k_start, 64_MiB, 64_MiB - Bytes{1}, 1));
    four(k_start);
    four(k_start + k_storm_window + 1ns);
    CHECK_FALSE(guard.holding());
}

TEST_CASE("the first requests tell a worker's need, as far as one is not still running") {
    triggers::Trend trend;
    CHECK_FALSE(baseline_of(trend));
    trend.add(sample_at(0s, 20_MiB, 0));
    CHECK_FALSE(baseline_of(trend));
    triggers::Sample huge = sample_at(10ms, 80_MiB, 0);
    huge.in_flight = 1;
    trend.add(huge);
    CHECK_FALSE(baseline_of(trend));
    trend.add(sample_at(20ms, 30_MiB, 1));
    CHECK(baseline_of(trend) == 30_MiB);
    trend.add(sample_at(30ms, 31_MiB, 4));
    CHECK_FALSE(baseline_of(trend)); // too many to count as fresh, too few to judge a leak
}

TEST_CASE("what many requests have left behind is no part of a worker's need") {
    triggers::Trend leaker;
    leaker.add(sample_at(0s, 5_MiB, 0));
    for (std::uint64_t i = 1; i <= 30; ++i) {
        leaker.add(sample_at(25ms * i, 5_MiB + Bytes{i * 2 * (1_MiB).count}, i * 10));
    }
    CHECK(leaker.last()->bloat == 65_MiB);
    CHECK(*baseline_of(leaker) <= 6_MiB);

    triggers::Trend loader; // all at its first request, and flat from then on
    loader.add(sample_at(0s, 20_MiB, 0));
    loader.add(sample_at(250ms, 70_MiB, 250));
    CHECK_FALSE(baseline_of(loader));
    loader.add(sample_at(260ms, 70_MiB, 260));
    CHECK(baseline_of(loader) == 70_MiB);
}

TEST_CASE("as far as a worker may go while memory is held") {
    const policies::Memory none{};
    CHECK(ceiling_above(70_MiB, none) == 140_MiB);
    policies::Memory memory;
    memory.max = 96_MiB;
    CHECK(ceiling_above(20_MiB, memory) == 84_MiB);
    CHECK(ceiling_above(70_MiB, memory) == 84_MiB);
    CHECK(ceiling_above(80_MiB, memory) == 88_MiB);
    CHECK_FALSE(ceiling_above(96_MiB, memory));
}

TEST_CASE("the warning says what is held, what was measured, what still guards and what to do") {
    CHECK(in_words(held_at(70_MiB), at_most(96_MiB)) ==
          "recycle.memory (64 MiB) is below what a warm worker needs (70 MiB): at least 5 in a row "
          "had to be retired with few requests served. Until a worker serves on below that size, "
          "or the policy is loaded again, workers are retired for memory at 84 MiB instead; "
          "memory.max (96 MiB) still limits them. Set recycle.memory well above 70 MiB, or make "
          "the app smaller at its start.");
    CHECK(in_words(held_at(70_MiB), at_most(60_MiB)) ==
          "recycle.memory (64 MiB) is below what a warm worker needs (70 MiB): at least 5 in a row "
          "had to be retired with few requests served. Until a worker serves on below that size, "
          "or the policy is loaded again, workers are not retired for memory; memory.max (60 MiB) "
          "still limits them. Set recycle.memory well above 70 MiB, and memory.max above that, or "
          "make the app smaller at its start.");
}

TEST_CASE("a request in flight, and one worker at the limit, disprove nothing") {
    triggers::Trend trend;
    trend.add(sample_at(0s, 40_MiB, 3));
    trend.add(sample_at(10ms, 64_MiB, 10));
    CHECK_FALSE(serves_below(64_MiB, trend));
    trend.add(sample_at(20ms, 64_MiB - Bytes{1}, 11));
    CHECK(serves_below(64_MiB, trend) == 11);
    triggers::Sample busy = sample_at(30ms, 64_MiB - Bytes{1}, 11);
    busy.in_flight = 1;
    trend.add(busy);
    CHECK_FALSE(serves_below(64_MiB, trend));
}

TEST_CASE("after five in a row it is to be learnt what workers need") {
    CHECK_FALSE(in_a_row(7, k_storm - 1).wants_to_learn(k_start));
    const StormGuard guard = in_a_row(7, k_storm);
    CHECK(guard.wants_to_learn(k_start));
    CHECK(guard.wants_to_learn(k_start + k_storm_window));
    CHECK_FALSE(guard.wants_to_learn(k_start + k_storm_window + 1ns));
}

TEST_CASE("one that stays above the limit trips the guard") {
    StormGuard guard = in_a_row(7, k_storm);
    guard.stays(70_MiB, 12, 64_MiB);
    CHECK(guard.holding() == Holding{.baseline = 70_MiB, .limit = 64_MiB, .served = 12});
    CHECK_FALSE(guard.wants_to_learn(k_start));
    CHECK(guard.limit(64_MiB, at_most(96_MiB)) == 84_MiB);
    CHECK_FALSE(guard.limit(std::nullopt, at_most(96_MiB)));
}

TEST_CASE("one that grows makes the next one wait for twice as many") {
    StormGuard guard = in_a_row(300, k_storm);
    for (std::size_t needed = 2 * k_storm; needed <= 8 * k_storm; needed *= 2) {
        guard.grows();
        for (std::size_t i = 0; i < needed; ++i) {
            CHECK_FALSE(guard.wants_to_learn(k_start));
            CHECK_FALSE(guard.retired(k_start, 64_MiB, 9_MiB, 300));
        }
        CHECK(guard.wants_to_learn(k_start));
    }
    CHECK_FALSE(guard.holding());
}

TEST_CASE("what one shows that is being replaced is heeded after five in a row again") {
    StormGuard guard = in_a_row(7, k_storm - 1);
    CHECK_FALSE(guard.wants_to_know(k_start));
    CHECK_FALSE(guard.retired(k_start, 64_MiB, 9_MiB, 7));
    CHECK(guard.wants_to_know(k_start));
    guard.grows();
    CHECK_FALSE(guard.wants_to_know(k_start));
    for (std::size_t i = 0; i < k_storm; ++i) {
        CHECK_FALSE(guard.retired(k_start + 1s, 64_MiB, 9_MiB, 7));
    }
    CHECK(guard.wants_to_know(k_start + 1s));
    CHECK_FALSE(guard.wants_to_learn(k_start + 1s)); // takes ten now
    CHECK_FALSE(guard.wants_to_know(k_start + 1s + k_storm_window + 1ns));
    guard.stays(70_MiB, 12, 64_MiB);
    CHECK_FALSE(guard.wants_to_know(k_start + 1s));
}

TEST_CASE("one that serves on for longer than those did, below the limit, disproves them") {
    StormGuard guard = in_a_row(7, k_storm);
    CHECK_FALSE(guard.serves_on(15)); // it may come there yet
    CHECK(guard.wants_to_learn(k_start));
    CHECK_FALSE(guard.serves_on(16));
    CHECK_FALSE(guard.wants_to_learn(k_start));
    guard.stays(70_MiB, 12, 64_MiB);
    CHECK_FALSE(guard.serves_on(25));
    CHECK(guard.serves_on(26));
    CHECK_FALSE(guard.holding());
}
