// SPDX-License-Identifier: MIT
// Kept connections that rest in workers: what a controller knows of them that takes over.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

Driver slots_that_keep(HandoverMode handover, std::uint16_t slots = 3) {
    policies::Policy policy = policy_with(handover);
    policy.app.keep_connections = policies::KeepConnections::automatic;
    Driver driver(policy, slots, Machine{.keeps = true});
    driver.started();
    return driver;
}

} // namespace

TEST_CASE("a controller that takes over orders it once more, and knows who has a channel") {
    Driver driver = slots_that_keep(HandoverMode::overlap);
    driver.drain(0);
    driver.advance(1s);
    driver.forget_orders();
    driver.replace_controller();
    const std::string orders = driver.orders();
    CHECK(orders.find("what 0.1 keeps is handed on; route 0 to 1 2; what 1.1 keeps rests; "
                      "route 1 to itself; what 2.1 keeps rests; route 2 to itself") == 0);
}

TEST_CASE("a controller without a recorder has those that keep hand on all the same") {
    Driver driver = slots_that_keep(HandoverMode::queue, 2);
    driver.replace_controller(Machine{.keeps = false});
    driver.forget_orders();
    driver.recycle(0);
    CHECK(driver.orders().find("what 0.1 keeps is handed on") != std::string::npos);
}

TEST_CASE("where neither keeper nor recorder can keep, nothing is ordered") {
    Driver driver = serving(HandoverMode::close, 2);
    driver.recycle(1);
    CHECK(driver.count<LetRest>() == 0);
    CHECK(driver.count<RouteChannel>() == 0);
}
