// SPDX-License-Identifier: MIT
// The close handover: the same worker slot behind a closed gate, for slow starters.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

Driver closing() {
    Driver driver(policy_with(HandoverMode::close), 2);
    driver.started(5s);
    driver.recycle(0);
    return driver;
}

} // namespace

TEST_CASE("a close handover hides, drains, stops, starts and shows, in this order") {
    Driver driver = closing();
    CHECK(driver.orders() == "hide 0/1");
    driver.advance(9ms);
    CHECK_FALSE(driver.saw<LookIdle>()); // what was on its way into the queue arrives first
    driver.advance(1ms);
    CHECK(driver.saw<LookIdle>());
    driver.forget_orders();
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "stop 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after recycle for operator");
    driver.advance(5s);
    CHECK(driver.slot().gate == Gate::closed);
    driver.forget_orders();
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "show 0/1; answer 1 done");
}

TEST_CASE("a crash during the drain is a crash, with the trigger kept in the record") {
    Driver driver = closing();
    driver.forget_orders();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after nothing for operator");
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "show 0/1; answer 1 done");
}

TEST_CASE("behind a closed gate a worker that ignores its signal is killed after stop_timeout") {
    Driver driver = closing();
    driver.idle(listener(0, 1));
    driver.forget_orders();
    driver.advance(10s - 1ms);
    CHECK(driver.orders().empty());
    driver.advance(1ms);
    CHECK(driver.orders() == "kill 0.1");
    driver.advance(1s);
    CHECK(driver.orders() == "kill 0.1");
}

TEST_CASE("where a hidden listener cannot be shown again, the close handover parks instead") {
    Driver driver(policy_with(HandoverMode::close), 2, Machine{.can_show = false});
    driver.started(5s);
    driver.recycle(0);
    CHECK(driver.orders() == "park 0.1");
}

TEST_CASE("the last open gate is not closed by a close handover: its worker parks instead") {
    Driver driver(policy_with(HandoverMode::close), 1);
    driver.started(5s);
    driver.recycle(0);
    CHECK(driver.orders() == "park 0.1");
    CHECK(driver.slot().gate == Gate::open);
}
