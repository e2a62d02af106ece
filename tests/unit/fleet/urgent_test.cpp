// Overlaps beyond the usual number, for workers that would not live to see their turn.
#include "tests/unit/fleet/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::fleet;
using policies::HandoverMode;

namespace {

// Starts take 100 ms. Every worker has come to 64 MiB of 96 at so many MiB per second.
Driver all_due(std::uint64_t growth, std::uint16_t slots, Bytes room = 1_GiB) {
    policies::Policy policy = policy_with(HandoverMode::overlap);
    policy.recycle.memory = 64_MiB;
    policy.memory.max = 96_MiB;
    Driver driver(policy, slots);
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
    const auto& slots = driver.fleet().slots();
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
    // 1 s to memory.max, and each waits for a start of 100 ms more: twice 600 ms is too long.
    Driver driver = all_due(32, 6);
    CHECK(starting(driver) == 2);
}

TEST_CASE("no more than four times the usual number start at once") {
    Driver driver = all_due(100, 8);
    CHECK(starting(driver) == k_urgent_overlaps);
}

TEST_CASE("none starts beyond the usual number without room for it") {
    // A fresh worker takes 5 MiB, and while it starts the four take 9 MiB each.
    CHECK(starting(all_due(100, 4, 4_MiB)) == 0);
    CHECK(starting(all_due(100, 4, 42_MiB)) == 1);
    CHECK(starting(all_due(100, 4, 47_MiB)) == 2);
}
