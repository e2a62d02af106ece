// SPDX-License-Identifier: MIT
// The queue handover: the old worker parks and ends, the new one inherits the very listener.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

Driver parking(std::uint16_t slots = 1) {
    Driver driver(policy_with(HandoverMode::queue), slots);
    driver.started();
    driver.recycle(0);
    return driver;
}

} // namespace

TEST_CASE("a worker that the recorder has parked is stopped, and the next inherits the listener") {
    Driver driver = parking();
    CHECK(driver.orders() == "park 0.1");
    driver.advance(1ms);
    CHECK(driver.count<LookIdle>() == 1);
    CHECK(driver.orders().empty());
    driver.busy(listener(0, 1));
    CHECK(driver.orders().empty());
    driver.parked(listener(0, 1));
    CHECK(driver.orders() == "stop 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after recycle for operator");
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "answer 1 done");
    CHECK(driver.slot().gate == Gate::open);
}

TEST_CASE("a worker that waits inside accept() is frozen, shown to hold nothing, then stopped") {
    Driver driver = parking();
    driver.forget_orders();
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "freeze 0.1");
    driver.frozen(worker(0, 1), 0);
    CHECK(driver.orders() == "stop 0.1");
}

TEST_CASE("of several threads inside accept() none is let go on: the frozen worker is killed") {
    Driver driver = parking();
    driver.idle(listener(0, 1));
    driver.forget_orders();
    driver.frozen(worker(0, 1), 0, 2);
    CHECK(driver.orders() == "kill 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after recycle for operator");
}

TEST_CASE("a frozen worker that turns out to hold a connection goes on and is looked at again") {
    Driver driver = parking();
    driver.idle(listener(0, 1));
    driver.forget_orders();
    driver.frozen(worker(0, 1), 1);
    CHECK(driver.orders() == "thaw 0.1");
    CHECK(driver.front_is<Parking>());
    driver.advance(50ms);
    CHECK(driver.saw<LookIdle>());
}

TEST_CASE("connections in the queue do not keep a worker from parking: the next one serves them") {
    Driver driver = parking();
    driver.forget_orders();
    driver.tell(IdleSeen{.listener = listener(0, 1), .queued = 30, .parked = true});
    CHECK(driver.orders() == "stop 0.1");
}

TEST_CASE("a thread that may just be accepting keeps the worker from being frozen or stopped") {
    Driver driver = parking();
    driver.forget_orders();
    driver.tell(IdleSeen{.listener = listener(0, 1), .unsettled = 1});
    CHECK(driver.orders().empty());
}

TEST_CASE("a worker that never parks is stopped at drain.timeout, and the record says it was cut") {
    Driver driver = parking();
    driver.forget_orders();
    driver.advance(5min - 1ms);
    CHECK(driver.orders().empty());
    driver.advance(1ms + Looks::k_longest);
    CHECK(driver.orders() == "stop 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after drain-cut for operator");
}

TEST_CASE(
    "behind its open gate a parked worker that ignores the signal is killed only with proof") {
    Driver driver = parking();
    driver.parked(listener(0, 1));
    driver.forget_orders();
    driver.advance(10s);
    CHECK(driver.orders() == "freeze 0.1");
    driver.frozen(worker(0, 1), 1);
    CHECK(driver.orders() == "thaw 0.1");
    driver.advance(100ms);
    CHECK(driver.orders() == "freeze 0.1");
    driver.frozen(worker(0, 1), 0);
    CHECK(driver.orders() == "kill 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after recycle for operator");
}

TEST_CASE("the proof comes before the cut, also where stop_timeout is as long as drain.timeout") {
    policies::Policy policy = policy_with(HandoverMode::queue);
    policy.drain.timeout = policy.drain.stop_timeout = 1s;
    Driver driver(policy);
    driver.started();
    driver.recycle(0);
    driver.advance(20ms);
    driver.parked(listener(0, 1));
    driver.advance(1s - 1ms);
    driver.forget_orders();
    driver.advance(1ms);
    CHECK(driver.orders() == "freeze 0.1");
    driver.frozen(worker(0, 1), 0);
    CHECK(driver.orders() == "kill 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after recycle for operator");
}

TEST_CASE("a controller that was held up looks once more before it cuts") {
    for (const auto handover : {HandoverMode::queue, HandoverMode::close}) {
        CAPTURE(static_cast<int>(handover));
        Driver driver(policy_with(handover), 2);
        driver.started(5s);
        driver.recycle(0);
        driver.forget_orders();
        driver.held_up(6min);
        CHECK(driver.orders().empty());
        CHECK(driver.count<LookIdle>() == 0); // orders() has taken them
        driver.parked(listener(0, 1));
        CHECK(driver.orders() == "stop 0.1");
        driver.exited(worker(0, 1));
        CHECK(driver.orders().find("record 0.1 after recycle for operator") != std::string::npos);
    }
}

TEST_CASE("without proof it is killed when drain.timeout has passed, and that is a drain cut") {
    Driver driver = parking();
    driver.parked(listener(0, 1));
    driver.forget_orders();
    driver.advance(5min - 1ms);
    driver.frozen(worker(0, 1), 1);
    CHECK_FALSE(driver.saw<KillWorker>());
    driver.advance(100ms);
    driver.forget_orders();
    driver.frozen(worker(0, 1), 1);
    CHECK(driver.orders() == "kill 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after drain-cut for operator");
}

TEST_CASE("a worker that dies while it parks is replaced; the trigger stays in its record") {
    Driver driver = parking();
    driver.forget_orders();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after nothing for operator");
}

TEST_CASE("where nothing can park a worker, the queue handover overlaps instead") {
    Driver driver(policy_with(HandoverMode::queue), 1, Machine{.parkable = false});
    driver.started();
    driver.recycle(0);
    CHECK(driver.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2");
}
