// SPDX-License-Identifier: MIT
// What proves a worker idle behind a closed gate, and how long that is waited for.
#include "recycler/slots/handover/idle.hpp"
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

Driver draining() {
    Driver driver(policy_with(HandoverMode::close), 2);
    driver.started(5s);
    driver.recycle(0);
    driver.forget_orders();
    return driver;
}

} // namespace

TEST_CASE("idle means: nothing queued, nothing open, nobody between accept and the count") {
    CHECK(proven_idle({}, 0s));
    CHECK_FALSE(proven_idle({.queued = 1}, 1h));
    CHECK_FALSE(proven_idle({.connections = 1}, 1h));
    CHECK_FALSE(proven_idle({.unsettled = 1}, 1h));
}

TEST_CASE("half-open connections hold a drain for at most 3 s after the gate closed") {
    Driver driver = draining();
    const IdleSeen half_open{.listener = listener(0, 1), .half_open = 1};
    driver.tell(half_open);
    CHECK(driver.orders().empty());
    driver.advance(3s - 1ms);
    driver.tell(half_open);
    CHECK(driver.orders().empty());
    driver.advance(1ms);
    driver.tell(half_open);
    CHECK(driver.orders() == "stop 0.1");
}

TEST_CASE("a draining worker is looked at every 50 ms at the latest") {
    Driver driver = draining();
    driver.advance(10s);
    CHECK(driver.count<LookIdle>() >= 200);
    CHECK(driver.count<LookIdle>() <= 210);
}

TEST_CASE("looks that take long are made so seldom that all take at most a tenth of the time") {
    for (const std::uint16_t slots : {std::uint16_t{1}, std::uint16_t{20}}) {
        CAPTURE(slots);
        Driver driver = serving(slots);
        driver.tell(StopRequested{});
        driver.forget_orders();
        Duration taken{};
        std::size_t looks = 0;
        for (int millisecond = 0; millisecond < 20'000; ++millisecond) {
            driver.advance(1ms);
            for (; looks < driver.count<LookIdle>(); ++looks) {
                driver.tell(IdleSeen{.listener = listener(0, 1), .connections = 1, .took = 19ms});
                taken += 19ms;
            }
        }
        CHECK(taken >= 1s);
        CHECK(taken <= 2s + slots * 19ms);
    }
}

TEST_CASE("at drain.timeout a busy worker is stopped, killed after stop_timeout, and says so") {
    Driver driver = draining();
    driver.advance(5min - 1ms);
    driver.busy(listener(0, 1));
    CHECK(driver.orders().empty());
    driver.advance(1ms + Looks::k_longest); // it is looked at once more before
    CHECK(driver.orders() == "stop 0.1");
    driver.advance(10s);
    CHECK(driver.orders() == "kill 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after drain-cut for operator");
}

TEST_CASE("a drain that the operator asked for has no end of its own") {
    Driver driver(policies::Policy{}, 2);
    driver.started();
    driver.drain(0);
    driver.forget_orders();
    driver.advance(1h);
    CHECK(driver.orders().empty());
    CHECK(driver.front_is<Draining>());
}
