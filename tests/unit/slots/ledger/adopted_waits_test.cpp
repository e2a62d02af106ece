// SPDX-License-Identifier: MIT
// What a worker is given time for began before the controller that looks on: where controllers keep
// dying, it ends all the same.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

TEST_CASE("a start has start.timeout, however many controllers look on, and each has time to") {
    Driver driver(policies::Policy{});
    driver.advance(40s);
    driver.replace_controller();
    driver.advance(20s - 1ms);
    CHECK(driver.front_is<Starting>());
    driver.advance(1ms);
    CHECK(driver.front_is<Stopping>());

    Driver late(policies::Policy{});
    late.advance(60s - 1ms);
    late.replace_controller();
    late.advance(k_fresh_look - 1ms);
    CHECK(late.front_is<Starting>());
    late.advance(1ms);
    CHECK(late.front_is<Stopping>());
}

TEST_CASE("a retiring worker has drain.timeout, however many controllers look on") {
    Driver driver = serving(HandoverMode::overlap, 1);
    driver.recycle(0);
    driver.ready(worker(0, 2));
    driver.advance(10ms); // hidden
    const Duration timeout = driver.decider().policy().drain.timeout;
    driver.advance(timeout - 1s);
    driver.replace_controller();
    driver.replace_controller(); // before it is hidden again
    driver.forget_orders();
    driver.advance(1s - 1ms);
    CHECK(driver.orders() == "hide 0/1");
    driver.advance(1ms + Looks::k_longest); // it is looked at once more before
    CHECK(driver.orders() == "stop 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "record 0.1 after drain-cut for operator");
}
