// SPDX-License-Identifier: MIT
// A new controller goes on with the successor that starts beside a front, and does not begin anew.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

using Shown = std::set<ListenerId>;

} // namespace

TEST_CASE("an overlap before the steering goes on with the successor that starts already") {
    Driver driver = serving(HandoverMode::overlap, 1);
    driver.recycle(0);
    driver.advance(100ms);
    driver.replace_controller();
    CHECK(driver.saw<LookReady>());
    CHECK(driver.orders() == "show 0/1");
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "steer 0/2 to 1");
    CHECK(driver.slot().retiring->trigger == Trigger::operator_);
}

TEST_CASE("an adopted successor has as long to become ready as if nobody had died") {
    Driver driver = serving(HandoverMode::overlap, 1);
    const Duration timeout = driver.decider().policy().start.timeout;
    driver.recycle(0);
    driver.advance(timeout - 10s);
    driver.replace_controller();
    driver.advance(10s - 1ms);
    CHECK(driver.orders() == "show 0/1");
    driver.advance(1ms);
    CHECK(driver.orders() == "close 0/2; kill 0.2");
}

TEST_CASE("one that was written down as a successor and is not there is none") {
    Driver driver = serving(HandoverMode::overlap, 1);
    driver.recycle(0);
    SUBCASE("because it was not launched") {
        driver.lose(worker(0, 2));
        driver.replace_controller();
        CHECK(driver.orders() == "close 0/2; show 0/1; open 0/3 beside 0/1; launch 0.3 on 0/3");
    }
    SUBCASE("because its listener was not opened") {
        driver.never_opened(listener(0, 2));
        driver.replace_controller();
        CHECK(driver.orders() == "kill 0.2; show 0/1; open 0/3 beside 0/1; launch 0.3 on 0/3");
    }
    CHECK(driver.slot().listener == listener(0, 1));
}

TEST_CASE("a worker that died together with the controller leaves the slot to its successor") {
    Driver driver = serving(HandoverMode::overlap, 1);
    driver.recycle(0);
    driver.advance(100ms);
    driver.replace_controller();
    driver.forget_orders();
    SUBCASE("with its listener as it was") {
        driver.exited(worker(0, 1));
        CHECK(driver.orders() == "steer 0/2 to 1; record 0.1 after nothing for operator");
    }
    SUBCASE("when it had shut its listener down") {
        driver.tell(WorkerExited{worker(0, 1), Ending::died,
                                 ListenerAmiss{.listener = listener(0, 1),
                                               .why = "its listener was shut down",
                                               .shut_down = true,
                                               .emptied = true}});
        CHECK(driver.orders() ==
              "steer 0/2 to 1; close 0/1; record 0.1 after nothing for operator");
    }
    REQUIRE(driver.front_is<Starting>());
    driver.ready(worker(0, 2));
    CHECK(driver.front_is<Serving>());
}

TEST_CASE("an overlap behind a closed gate goes on behind it") {
    Driver driver = running_towards_max();
    driver.sampled(worker(0, 1), 200_MiB);
    REQUIRE(driver.shown().empty());
    driver.replace_controller();
    CHECK(driver.orders() == "hide 0/1; show 1/1");
    CHECK(driver.slot().gate == Gate::closed);
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "show 0/2");
    CHECK(driver.shown() == Shown{listener(0, 2)});
}
