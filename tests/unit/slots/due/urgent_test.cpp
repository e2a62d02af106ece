// SPDX-License-Identifier: MIT
// Overlaps beyond the usual number, for workers that would not live to see their turn.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

// Starts take 100 ms. Every worker has come to 64 MiB of 96 at so many MiB per second.
Driver all_due(std::uint64_t growth, std::uint16_t slots, Bytes room = 1_GiB,
               unsigned processors = 4) {
    policies::Policy policy = policy_with(HandoverMode::overlap);
    policy.recycle.memory = 64_MiB;
    policy.memory.max = 96_MiB;
    Driver driver(policy, slots, {.processors = processors});
    driver.room(room);
    driver.started(100ms);
    const std::uint64_t step = growth * (1_MiB).count / 100;
    const Bytes start = 64_MiB - Bytes{10 * step};
    for (std::uint64_t i = 0; i <= 10; ++i) {
        for (std::uint16_t slot = 0; slot < slots; ++slot) {
            driver.sampled(worker(slot, 1), i == 0 ? 5_MiB : start + Bytes{i * step});
        }
        driver.advance(10ms);
    }
    return driver;
}

std::size_t starting(const Driver& driver) {
    const auto& slots = driver.decider().slots();
    return static_cast<std::size_t>(std::count_if(
        slots.begin(), slots.end(), [](const Slot& s) { return s.successor.has_value(); }));
}

} // namespace

TEST_CASE("workers that can wait start their successors one after another") {
    Driver driver = all_due(4, 4); // 8 seconds to memory.max
    CHECK(starting(driver) == 1);
    CHECK(driver.waits_for(3) == "another replacement to become ready (capacity.max_unavailable)");
}

TEST_CASE("workers that would reach memory.max while they wait start theirs at once") {
    Driver driver = all_due(100, 4); // 320 ms to memory.max
    CHECK(starting(driver) == 4);
}

TEST_CASE("those who come last in a long line are urgent first") {
    // 500 ms to memory.max. Four may start at once, so the sixth waits for two starts of 100 ms
    // before its own: twice 300 ms is too long.
    Driver driver = all_due(64, 6);
    CHECK(starting(driver) == 2);
}

TEST_CASE("no more start at once than the processors carry") {
    CHECK(starting(all_due(100, 8, 1_GiB, 4)) == 4);
    CHECK(starting(all_due(100, 8, 1_GiB, 2)) == 2);
    CHECK(starting(all_due(100, 8, 1_GiB, 1)) == 1);
    CHECK(starting(all_due(100, 8, 1_GiB, 64)) == 8);
}

TEST_CASE("starts that wait more than they compute leave the processors to others") {
    StartLoad load;
    CHECK(load.at_once(2) == 2);
    load.add(1s, 250ms, 1, 2); // each on a processor of its own
    CHECK(load.at_once(2) == 8);
    load.add(4s, 250ms, 7, 2); // eight on two may have taken four times as long as one alone
    CHECK(load.at_once(2) == 8);
    load.add(1s, 250ms, 3, 2); // or four may have taken as long as one
    CHECK(load.at_once(2) == 8);
    load.add(1s, 300ms, 3, 2); // more than was known: up to twice that
    CHECK(load.at_once(2) == 3);
    load.add(1s, 250ms, 2, 2); // 375 at most
    CHECK(load.at_once(2) == 5);
    load.add(1s, 100ms, 0, 2);
    CHECK(load.at_once(2) == 20);
    load.add(1s, 0ms, 0, 2);
    CHECK(load.at_once(2) == 32); // some processor time is always taken
    load.add(1s, 5s, 0, 2);       // threads
    CHECK(load.at_once(2) == 2);
    load.add(0ms, 5s, 0, 2);
    CHECK(load.at_once(0) == 1);
}

TEST_CASE("none starts beyond the usual number without room for it") {
    // A fresh worker takes 5 MiB, and while it starts the four take 9 MiB each.
    CHECK(starting(all_due(100, 4, 4_MiB)) == 0);
    CHECK(starting(all_due(100, 4, 42_MiB)) == 1);
    CHECK(starting(all_due(100, 4, 47_MiB)) == 2);
}
