// SPDX-License-Identifier: MIT
// How much our own decisions may make unavailable.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;
using policies::Percent;

namespace {

Driver closing(std::uint16_t slots, std::uint32_t max_unavailable = 1) {
    policies::Policy policy = policy_with(HandoverMode::close);
    policy.capacity.max_unavailable = max_unavailable;
    policy.recycle.memory = 100_MiB;
    Driver driver(policy, slots);
    driver.started(5s);
    return driver;
}

} // namespace

TEST_CASE("a percentage of the slots is rounded down, and is at least one") {
    policies::Capacity capacity;
    capacity.max_unavailable = Percent{10};
    CHECK(max_unavailable(capacity, 1) == 1);
    CHECK(max_unavailable(capacity, 19) == 1);
    CHECK(max_unavailable(capacity, 20) == 2);
    CHECK(max_unavailable(capacity, 29) == 2);
    capacity.max_unavailable = Percent{29};
    CHECK(max_unavailable(capacity, 100) == 29);
    capacity.max_unavailable = Percent{100};
    CHECK(max_unavailable(capacity, 7) == 7);
    capacity.max_unavailable = 3u;
    CHECK(max_unavailable(capacity, 20) == 3);
}

TEST_CASE("max_unavailable counts all triggers together") {
    Driver driver = closing(3);
    driver.sampled(worker(0, 1), 100_MiB);
    driver.recycle(1);
    CHECK(driver.orders() == "hide 0/1");
    CHECK(driver.waits_for(1) == "another slot to become available (capacity.max_unavailable)");
}

TEST_CASE("with max_unavailable = 2 two gates close, and the third waits") {
    Driver driver = closing(4, 2);
    driver.tell(RecycleRequested{1, first_slots(3)});
    CHECK(driver.orders() == "hide 0/1; hide 1/1");
    CHECK(driver.slot(2).gate == Gate::open);
}

TEST_CASE("a parking worker makes its slot unavailable, although its gate is open") {
    Driver driver(policy_with(HandoverMode::queue), 2);
    driver.started();
    driver.tell(RecycleRequested{1, first_slots(2)});
    CHECK(driver.orders() == "park 0.1");
    CHECK(driver.waits_for(1).starts_with("another slot to become available"));
}

TEST_CASE("a crash uses the budget up until its slot serves again") {
    Driver driver = closing(3);
    driver.exited(worker(2, 1));
    driver.forget_orders();
    driver.recycle(0);
    CHECK(driver.orders().empty());
    driver.ready(worker(2, 2));
    driver.advance(4s); // settled
    CHECK(driver.saw<HideListener>());
    CHECK(driver.slot(0).gate == Gate::closed);
}

TEST_CASE("a crash is never delayed by the budget") {
    Driver driver = closing(3);
    driver.recycle(0);
    driver.forget_orders();
    driver.exited(worker(1, 1));
    driver.exited(worker(2, 1));
    CHECK(driver.saw<Launch>());
    CHECK(driver.front_is<Starting>(1));
    CHECK(driver.front_is<Starting>(2));
}

TEST_CASE("a slot that the operator drained uses the budget up as well") {
    Driver driver = closing(3);
    driver.drain(2);
    driver.forget_orders();
    driver.recycle(0, 2);
    CHECK(driver.orders().empty());
    driver.open(2, 3);
    driver.advance(4s);
    CHECK(driver.slot(0).gate == Gate::closed);
}

TEST_CASE("the last open gate is closed neither by a trigger nor by recycle, and status says why") {
    Driver driver = closing(2);
    driver.drain(1);
    driver.forget_orders();
    driver.sampled(worker(0, 1), 100_MiB);
    driver.recycle(0, 2);
    driver.advance(1min);
    CHECK_FALSE(driver.saw<HideListener>());
    CHECK(driver.waits_for() == "another slot to become available (capacity.max_unavailable)");
}

TEST_CASE("the last available one of several parks when the budget allows") {
    Driver driver = closing(2, 2);
    driver.drain(1);
    driver.forget_orders();
    driver.recycle(0, 2);
    CHECK(driver.orders() == "park 0.1");
    CHECK(driver.slot().gate == Gate::open);
}

namespace {

// Starts take 100 ms. 0.1 holds a request that does not end, and 1.1 comes to recycle.memory at so
// many MiB a second while that takes the budget.
Driver beside_a_stuck_one(HandoverMode handover, std::uint64_t growth, std::uint16_t slots = 3,
                          std::uint16_t growers = 1) {
    policies::Policy policy = policy_with(handover);
    policy.recycle.memory = 64_MiB;
    policy.memory.max = 96_MiB;
    policy.drain.timeout = 1h;
    Driver driver(policy, slots);
    driver.started(100ms);
    driver.advance(5s); // settled
    driver.recycle(0);
    driver.busy(listener(0, 1));
    driver.forget_orders();
    const std::uint64_t step = growth * (1_MiB).count / 100;
    const Bytes start = 64_MiB - Bytes{10 * step};
    for (std::uint64_t i = 0; i <= 10; ++i) {
        for (std::uint16_t slot = 1; slot <= growers; ++slot) {
            driver.sampled(worker(slot, 1), i == 0 ? 5_MiB : start + Bytes{i * step});
        }
        driver.advance(10ms);
    }
    return driver;
}

} // namespace

TEST_CASE("a drain that does not end does not stop the recycle of one that comes to memory.max") {
    for (const auto handover : {HandoverMode::queue, HandoverMode::close}) {
        CAPTURE(static_cast<int>(handover));
        Driver driver = beside_a_stuck_one(handover, 100); // 320 ms to memory.max
        CHECK(driver.orders() == "park 1.1");
        CHECK(driver.slot(1).gate == Gate::open); // its requests wait, none is refused
        CHECK_FALSE(driver.front_is<Serving>(0));
    }
}

TEST_CASE("one that has time until memory.max waits for the budget") {
    for (const auto handover : {HandoverMode::queue, HandoverMode::close}) {
        CAPTURE(static_cast<int>(handover));
        Driver driver = beside_a_stuck_one(handover, 8); // 4 seconds
        CHECK_FALSE(driver.saw<Park>());
        CHECK(driver.waits_for(1) == k_waits_for_budget);
    }
}

TEST_CASE("no more go beyond the budget than it has") {
    Driver driver = beside_a_stuck_one(HandoverMode::queue, 100, 4, 3);
    CHECK(driver.count<Park>() == 1);
    const std::uint16_t second = driver.front_is<Parking>(1) ? 2 : 1;
    CHECK(driver.waits_for(second) == k_waits_for_budget);
}
