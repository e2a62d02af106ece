// SPDX-License-Identifier: MIT
// From launch to ready, and what happens when ready does not come.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

TEST_CASE("a decider begins by launching the first worker of every slot on the slot's listener") {
    Driver driver(policies::Policy{}, 3);
    CHECK(driver.orders() == "launch 0.1 on 0/1; launch 1.1 on 1/1; launch 2.1 on 2/1");
    CHECK(driver.front_is<Starting>(2));
}

TEST_CASE("a starting worker is looked at until it is ready, ever more rarely, and then serves") {
    Driver driver(policies::Policy{});
    driver.forget_orders();
    driver.advance(1ms);
    CHECK(driver.count<LookReady>() == 1);
    driver.advance(9s);
    CHECK(driver.count<LookReady>() < 200);
    driver.ready(worker(0, 1));
    CHECK(driver.front_is<Serving>());
    CHECK(driver.announced("ready"));
    CHECK(driver.orders().empty());
    driver.advance(100ms);
    CHECK_FALSE(driver.saw<LookReady>());
}

TEST_CASE("how long a start took is learned from launch to ready") {
    Driver driver(policies::Policy{});
    driver.advance(700ms);
    driver.ready(worker(0, 1));
    CHECK(driver.decider().learned().start == Duration(700ms).count());
}

TEST_CASE("what a start costs is learned from the first sample of a fresh worker only") {
    Driver driver(policies::Policy{});
    driver.started();
    driver.sampled(worker(0, 1), 57_MiB);
    driver.advance(1s);
    driver.sampled(worker(0, 1), 90_MiB);
    driver.advance(1s);
    CHECK(driver.decider().learned().start_cost == (57_MiB).count);
    driver.replace_controller();
    driver.sampled(worker(0, 1), 200_MiB);
    CHECK(driver.decider().learned().start_cost == (57_MiB).count);
}

TEST_CASE("news of a worker that is not there changes nothing") {
    Driver driver(policies::Policy{});
    driver.started();
    driver.ready(worker(0, 7));
    driver.ready(worker(9, 1));
    driver.exited(worker(0, 7));
    driver.exited(worker(9, 1));
    driver.recorded(worker(0, 1));
    driver.recorded(worker(9, 1));
    driver.idle(listener(0, 9));
    driver.idle(listener(9, 1));
    driver.frozen(worker(9, 1), 0);
    driver.sampled(worker(0, 7), 1_GiB);
    CHECK(driver.orders().empty());
    CHECK(driver.front_is<Serving>());
    CHECK(driver.decider().totals() == Totals{});
}

TEST_CASE("a worker that is not ready within start.timeout is frozen before it is killed") {
    Driver driver(policies::Policy{});
    driver.forget_orders();
    driver.advance(59s);
    CHECK(driver.orders().empty());
    driver.advance(1s);
    CHECK(driver.orders() == "freeze 0.1");
    driver.frozen(worker(0, 1), 0);
    CHECK(driver.orders() == "kill 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after start-timeout");
}

TEST_CASE("one that was late but has just accepted a connection goes on until it holds none") {
    Driver driver(policies::Policy{});
    driver.forget_orders();
    driver.advance(60s);
    driver.frozen(worker(0, 1), 1);
    CHECK(driver.orders() == "freeze 0.1; thaw 0.1");
    driver.advance(100ms);
    CHECK(driver.orders() == "freeze 0.1");
    driver.frozen(worker(0, 1), 0);
    CHECK(driver.orders() == "kill 0.1");
}

TEST_CASE("one that was late and stays busy is cut off when drain.timeout has passed as well") {
    Driver driver(policies::Policy{});
    driver.advance(60s);
    driver.forget_orders();
    driver.advance(5min - 1ms);
    driver.frozen(worker(0, 1), 1);
    CHECK_FALSE(driver.saw<KillWorker>());
    driver.advance(1ms);
    driver.frozen(worker(0, 1), 1);
    CHECK(driver.saw<KillWorker>());
    driver.forget_orders();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after drain-cut");
}

TEST_CASE("a worker that cannot be launched at all is tried again") {
    Driver driver(policies::Policy{});
    driver.forget_orders();
    driver.exited(worker(0, 1), Ending::never_started);
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after nothing");
}

TEST_CASE("a killed process that is still there is killed again every second") {
    Driver driver(policies::Policy{});
    driver.advance(60s);
    driver.frozen(worker(0, 1), 0);
    driver.forget_orders();
    driver.advance(1s);
    CHECK(driver.saw<Freeze>()); // its gate may be open: it is looked at again, too
    driver.frozen(worker(0, 1), 0);
    CHECK(driver.saw<KillWorker>());
}
