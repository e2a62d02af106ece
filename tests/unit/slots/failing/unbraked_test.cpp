// SPDX-License-Identifier: MIT
// A person's word against the brake: recycle of a slot that it holds, and a reload.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

// The worker of slot 0 has ended so often that the next start waits.
Driver braked(std::uint16_t slots = 1) {
    Driver driver(policies::Policy{}, slots);
    driver.started();
    for (std::uint32_t generation = 1; generation <= 6; ++generation) {
        driver.exited(worker(0, generation));
    }
    REQUIRE(driver.slot().brake.holds(driver.now()));
    REQUIRE(driver.front_is<Vacant>());
    driver.forget_orders();
    return driver;
}

} // namespace

TEST_CASE(
    "recycle of a braked slot starts its worker at once, says so, and is done when it serves") {
    Driver driver = braked();
    driver.recycle(0);
    CHECK_FALSE(driver.slot().brake.holds(driver.now()));
    CHECK(driver.announced("starting"));
    CHECK(driver.last<Announce>().text ==
          "at once, because an operator asked for it; the brake would have waited");
    CHECK(driver.orders() == "launch 0.7 on 0/1");
    driver.ready(worker(0, 7));
    CHECK(driver.orders().find("answer 1 done") != std::string::npos);
}

TEST_CASE("the next start after that one is like any other") {
    Driver driver = braked();
    driver.recycle(0);
    driver.forget_orders();
    driver.exited(worker(0, 7));
    CHECK(driver.announced("starting"));
    CHECK(driver.last<Announce>().text.empty());
    CHECK(driver.orders() == "launch 0.8 on 0/1; record 0.7 after nothing");
}

TEST_CASE("when they go on ending the brake holds again, and whoever asked is told") {
    Driver driver = braked();
    driver.recycle(0);
    for (std::uint32_t generation = 7; generation <= 11; ++generation) {
        driver.exited(worker(0, generation));
    }
    driver.forget_orders();
    driver.exited(worker(0, 12));
    CHECK(driver.announced("braked"));
    CHECK(driver.orders() == "answer 1 refused; record 0.12 after nothing");
}

TEST_CASE("recycle of one slot leaves the brakes of others alone") {
    Driver driver = braked(2);
    driver.recycle(1);
    CHECK(driver.slot(0).brake.holds(driver.now()));
    CHECK(driver.orders().find("launch 0.") == std::string::npos);
}

TEST_CASE("recycle while the brake holds replacements back begins one at once") {
    Driver driver(policy_with(HandoverMode::overlap));
    driver.started();
    for (std::uint32_t generation = 2; generation <= 7; ++generation) {
        driver.recycle(0, generation);
        driver.exited(worker(0, generation));
    }
    REQUIRE(driver.slot().brake.holds(driver.now()));
    REQUIRE_FALSE(driver.slot().successor);
    driver.forget_orders();
    driver.recycle(0, 8);
    CHECK(driver.orders() == "open 0/8 beside 0/1; launch 0.8 on 0/8");
}

TEST_CASE("a reload in which nothing has changed starts what was braked at once") {
    Driver driver = braked(2);
    driver.tell(PolicyChanged{driver.decider().policy(), {}, {}, false});
    CHECK(driver.orders() == "launch 0.7 on 0/1");
    CHECK_FALSE(driver.slot().brake.holds(driver.now()));
}
