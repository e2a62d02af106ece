// SPDX-License-Identifier: MIT
// The end of the app: all are drained and stopped; asked a second time, at once.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

TEST_CASE("stop drains all gates, stops the idle, and finishes when the last one is recorded") {
    Driver driver = serving(2);
    driver.tell(StopRequested{7});
    CHECK(driver.orders() == "hide 0/1; hide 1/1");
    driver.idle(listener(0, 1));
    driver.idle(listener(1, 1));
    CHECK(driver.orders() == "stop 0.1; stop 1.1");
    driver.exited(worker(0, 1));
    driver.exited(worker(1, 1));
    CHECK(driver.orders() == "record 0.1 after stop; record 1.1 after stop");
    driver.recorded(worker(0, 1));
    CHECK(driver.orders() == "forget 0.1");
    driver.recorded(worker(1, 1));
    CHECK(driver.orders() == "forget 1.1; close 0/1; close 1/1; answer 7 done; finish");
    driver.tell(Tick{});
    CHECK(driver.orders().empty());
}

TEST_CASE("a busy worker keeps the app until drain.timeout, and the record says it was cut") {
    Driver driver = serving(1);
    driver.tell(StopRequested{});
    driver.forget_orders();
    driver.advance(5min + Looks::k_longest);
    CHECK(driver.orders() == "stop 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "record 0.1 after drain-cut");
    driver.idle(listener(0, 1));
    driver.recorded(worker(0, 1));
    CHECK(driver.orders() == "forget 0.1; close 0/1; finish");
}

TEST_CASE("connections that wait behind a worker that died are served before the app ends") {
    Driver driver = serving(1);
    driver.tell(StopRequested{});
    driver.exited(worker(0, 1));
    driver.forget_orders();
    driver.queued(listener(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1");
    driver.ready(worker(0, 2));
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "stop 0.2");
    driver.exited(worker(0, 2));
    driver.recorded(worker(0, 1));
    driver.recorded(worker(0, 2));
    CHECK(driver.saw<Finish>());
}

TEST_CASE("connections that wait for workers that cannot start keep the app for `burst` attempts") {
    Driver driver(policies::Policy{});
    driver.tell(StopRequested{});
    for (std::uint32_t generation = 1; generation <= 5; ++generation) {
        driver.exited(worker(0, generation), Ending::never_started);
        driver.forget_orders();
        driver.queued(listener(0, 1));
        CHECK(driver.saw<Launch>());
        driver.recorded(worker(0, generation));
    }
    driver.exited(worker(0, 6), Ending::never_started);
    driver.recorded(worker(0, 6));
    CHECK(driver.saw<Finish>());
}

TEST_CASE("stop also drains drained, parking and starting workers") {
    Driver drained = serving(2);
    drained.drain(0);
    drained.idle(listener(0, 1));
    drained.tell(StopRequested{});
    drained.forget_orders();
    drained.idle(listener(0, 1));
    CHECK(drained.orders() == "stop 0.1");

    Driver parking(policy_with(HandoverMode::queue));
    parking.started();
    parking.recycle(0);
    parking.forget_orders();
    parking.tell(StopRequested{});
    CHECK(parking.orders() == "unpark 0.1; thaw 0.1; hide 0/1; answer 1 refused");

    Driver starting(policies::Policy{});
    starting.forget_orders();
    starting.tell(StopRequested{});
    CHECK(starting.orders() == "hide 0/1");
    starting.idle(listener(0, 1));
    CHECK(starting.orders() == "stop 0.1");
}

TEST_CASE("a retiring worker finishes its requests before the app ends") {
    Driver driver = serving(1);
    driver.recycle(0);
    driver.ready(worker(0, 2));
    driver.advance(10ms);
    driver.tell(StopRequested{});
    driver.idle(listener(0, 2));
    driver.exited(worker(0, 2));
    driver.recorded(worker(0, 2));
    CHECK_FALSE(driver.saw<Finish>());
    driver.idle(listener(0, 1));
    driver.exited(worker(0, 1));
    driver.recorded(worker(0, 1));
    CHECK(driver.saw<Finish>());
}

TEST_CASE("a second stop ends everything at once, and both who asked are answered") {
    Driver driver = serving(2);
    driver.tell(StopRequested{1});
    driver.forget_orders();
    driver.tell(StopRequested{2});
    CHECK(driver.orders() == "stop 0.1; kill 0.1; stop 1.1; kill 1.1");
    driver.exited(worker(0, 1));
    driver.exited(worker(1, 1));
    driver.recorded(worker(0, 1));
    driver.forget_orders();
    driver.recorded(worker(1, 1));
    CHECK(driver.orders() ==
          "forget 1.1; close 0/1; close 1/1; answer 1 done; answer 2 done; finish");
}

TEST_CASE("a second stop waits neither for a retiring worker nor for an orphaned queue") {
    Driver driver = serving(1);
    driver.recycle(0);
    driver.ready(worker(0, 2));
    driver.advance(10ms);
    driver.tell(StopRequested{});
    driver.forget_orders();
    driver.tell(StopRequested{});
    CHECK(driver.orders() == "stop 0.2; kill 0.2; kill 0.1");

    Driver orphaned = serving(1);
    orphaned.recycle(0);
    orphaned.ready(worker(0, 2));
    orphaned.advance(10ms);
    orphaned.exited(worker(0, 1));
    orphaned.tell(StopRequested{});
    orphaned.forget_orders();
    orphaned.tell(StopRequested{});
    CHECK(orphaned.orders() == "stop 0.2; kill 0.2; close 0/1");
}

TEST_CASE("who asked to stop and has gone is not answered") {
    Driver driver = serving(1);
    driver.tell(StopRequested{1});
    driver.tell(CallerGone{1});
    driver.idle(listener(0, 1));
    driver.exited(worker(0, 1));
    driver.forget_orders();
    driver.recorded(worker(0, 1));
    CHECK(driver.orders() == "forget 0.1; close 0/1; finish");
}
