// SPDX-License-Identifier: MIT
// The overlap handover: the new worker is ready before the old one stops getting connections.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

Driver overlapping(std::uint16_t slots = 1) {
    Driver driver(policy_with(HandoverMode::overlap), slots);
    driver.started();
    return driver;
}

// The old worker 0.1 has just been steered away from; 0.2 serves.
Driver handed_over() {
    Driver driver = overlapping();
    driver.recycle(0);
    driver.ready(worker(0, 2));
    driver.forget_orders();
    return driver;
}

} // namespace

TEST_CASE(
    "a successor that has started is found to be ready at most a quarter of its start later") {
    for (const Duration start : {Duration(5ms), Duration(33ms), Duration(190ms), Duration(3s)}) {
        CAPTURE(start.count());
        Driver driver = overlapping();
        driver.recycle(0);
        driver.advance(start);
        driver.forget_orders();
        driver.advance(std::min<Duration>(start / 4, Looks::k_longest) + 1ms);
        CHECK(driver.saw<LookReady>());
    }
}

TEST_CASE("an overlap goes from steering to record in this order") {
    Driver driver = overlapping();
    driver.recycle(0);
    CHECK(driver.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2");
    driver.advance(200ms);
    REQUIRE(driver.saw<LookReady>());
    CHECK(driver.last<LookReady>().beside == Opening::joined);
    driver.forget_orders();
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "steer 0/2 to 1");
    CHECK(driver.slot().listener == listener(0, 2));
    driver.advance(9ms);
    CHECK(driver.orders().empty());
    driver.advance(1ms);
    CHECK(driver.orders() == "hide 0/1");
    driver.advance(10ms);
    CHECK(driver.saw<LookIdle>());
    driver.forget_orders();
    driver.busy(listener(0, 1));
    driver.queued(listener(0, 1));
    CHECK(driver.orders().empty());
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "stop 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "close 0/1; answer 1 done; record 0.1 after recycle for operator");
    driver.recorded(worker(0, 1));
    CHECK(driver.orders() == "forget 0.1");
    CHECK(driver.shown() == std::set{listener(0, 2)});
}

TEST_CASE("the slot is available all through an overlap") {
    Driver driver = overlapping();
    driver.recycle(0);
    CHECK(available(driver.slot()));
    driver.ready(worker(0, 2));
    CHECK(available(driver.slot()));
    driver.advance(10ms);
    driver.idle(listener(0, 1));
    CHECK(available(driver.slot()));
    CHECK(driver.slot().gate == Gate::open);
}

TEST_CASE("two overlaps of a slot follow one another, each beginning at index 0") {
    Driver driver = handed_over();
    driver.recycle(0, 2);
    CHECK(driver.orders().empty());
    CHECK(driver.waits_for() == "the previous worker to finish its last requests");
    driver.advance(10ms);
    driver.idle(listener(0, 1));
    driver.forget_orders();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "close 0/1; open 0/3 beside 0/2; launch 0.3 on 0/3; "
                             "answer 1 done; record 0.1 after recycle for operator");
}

TEST_CASE("no more overlaps start at once than slots may be unavailable") {
    Driver driver = overlapping(3);
    driver.tell(RecycleRequested{1, first_slots(3)});
    CHECK(driver.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2");
    CHECK(driver.waits_for(1).starts_with("another replacement to become ready"));
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "steer 0/2 to 1; open 1/2 beside 1/1; launch 1.2 on 1/2");
}

TEST_CASE("a retiring worker that stays busy is stopped at drain.timeout and then killed") {
    Driver driver = handed_over();
    driver.advance(10ms);
    CHECK(driver.orders() == "hide 0/1");
    driver.advance(5min - 1ms);
    driver.busy(listener(0, 1));
    CHECK(driver.orders().empty());
    driver.advance(1ms + Looks::k_longest);
    CHECK(driver.orders() == "stop 0.1");
    driver.advance(10s);
    CHECK(driver.orders() == "kill 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "record 0.1 after drain-cut for operator");
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "close 0/1; answer 1 done");
}

TEST_CASE("a retiring worker that ignores its stop signal is killed after stop_timeout") {
    Driver driver = handed_over();
    driver.advance(10ms);
    driver.idle(listener(0, 1));
    driver.forget_orders();
    driver.advance(10s - 1ms);
    CHECK(driver.orders().empty());
    driver.advance(1ms);
    CHECK(driver.orders() == "kill 0.1");
    driver.advance(1s);
    CHECK(driver.orders() == "kill 0.1");
}

TEST_CASE("a retiring worker that dies with connections queued gets a successor for the rest") {
    Driver driver = handed_over();
    driver.advance(10ms);
    driver.forget_orders();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "record 0.1 after nothing for operator");
    driver.advance(1ms);
    CHECK(driver.saw<LookIdle>());
    driver.forget_orders();
    driver.queued(listener(0, 1));
    CHECK(driver.orders() == "launch 0.3 on 0/1");
    driver.busy(listener(0, 1));
    CHECK(driver.orders().empty());
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "stop 0.3");
    driver.exited(worker(0, 3));
    CHECK(driver.orders() == "close 0/1; answer 1 done; record 0.3 after recycle for operator");
    CHECK(driver.front_is<Serving>());
}

TEST_CASE("one that dies within the first 10 ms is hidden at once, and closed when empty") {
    Driver driver = handed_over();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "hide 0/1; record 0.1 after nothing for operator");
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "close 0/1; answer 1 done");
}

TEST_CASE("when the new worker dies right after the steering, it is replaced on its listener") {
    Driver driver = handed_over();
    driver.exited(worker(0, 2));
    CHECK(driver.orders() == "launch 0.3 on 0/2; record 0.2 after nothing");
    driver.advance(10ms);
    CHECK(driver.orders() == "hide 0/1");
    CHECK(driver.shown() == std::set{listener(0, 2)});
}

TEST_CASE("a replacement that never becomes ready does not keep the others from being replaced") {
    policies::Policy policy = policy_with(HandoverMode::overlap);
    policy.recycle.requests = 10;
    policy.recycle.spread = {};
    policy.start.timeout = policy.restart.within; // so that the brake never holds
    Driver driver(policy, 2);
    driver.started();
    driver.sampled(worker(0, 1), 20_MiB, 10, 10);
    driver.sampled(worker(1, 1), 20_MiB, 10, 10);
    REQUIRE(driver.slot(0).successor);
    REQUIRE_FALSE(driver.slot(1).successor);
    driver.advance(policy.start.timeout);
    CHECK_FALSE(driver.slot(0).successor);
    CHECK(driver.slot(1).successor);
    driver.advance(1s);
    CHECK_FALSE(driver.slot(0).successor); // its turn comes behind that one
    driver.ready(driver.slot(1).successor->worker.id);
    CHECK(driver.slot(0).successor);
}
