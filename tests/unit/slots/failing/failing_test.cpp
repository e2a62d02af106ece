// SPDX-License-Identifier: MIT
// Orders on listeners that fail: nobody is retired for it, and they are tried again.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {
void refused(Driver& driver, ListenerOrder order, ListenerId id, std::string why = "no room") {
    driver.tell(ListenerFailed{order, id, std::move(why)});
}

// The old worker serves, the new one is on its way out, and nothing else is ordered.
void check_old_one_stays(const Driver& driver) {
    REQUIRE(driver.front_is<Serving>());
    CHECK(worker_of(driver.slot().front)->id == worker(0, 1));
    CHECK(driver.slot().listener == listener(0, 1));
    CHECK_FALSE(driver.slot().retiring);
    CHECK_FALSE(driver.slot().successor);
    CHECK(available(driver.slot()));
}

// Due for its age, which stays due whatever fails.
Driver due(HandoverMode handover = HandoverMode::overlap, std::uint16_t slots = 1,
           Machine machine = {}) {
    policies::Policy policy = policy_with(handover);
    policy.recycle.requests = 10;
    Driver driver(policy, slots, machine);
    driver.started();
    driver.sampled(worker(0, 1), 10_MiB, 10);
    return driver;
}

// Its worker is busy meanwhile.
void refuse_to_hide(Driver& driver, Duration how_long) {
    for (const MonoTime end = driver.now() + how_long; driver.now() < end;) {
        if (driver.saw<HideListener>()) {
            refused(driver, ListenerOrder::hide, listener(0, 1));
        }
        driver.forget_orders();
        driver.advance(50ms);
    }
    driver.busy(listener(0, 1));
}

} // namespace

TEST_CASE("a second listener that cannot be opened leaves the old worker, and it is tried again") {
    Driver driver = due();
    CHECK(driver.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2");
    refused(driver, ListenerOrder::open, listener(0, 2));
    CHECK(driver.announced("trouble"));
    CHECK(driver.orders() == "close 0/2; kill 0.2");
    driver.exited(worker(0, 2), Ending::never_started);
    CHECK(driver.orders() == "record 0.2 after cancel");
    check_old_one_stays(driver);
    CHECK(driver.waits_for() == "the next try, because the last one failed: no room");
    driver.advance(1s);
    CHECK(driver.orders() == "open 0/3 beside 0/1; launch 0.3 on 0/3");
}

TEST_CASE("each further failure waits longer, and the same reason is told once") {
    Driver driver = due();
    std::uint32_t serial = 2;
    for (const Duration pause : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
        REQUIRE(driver.saw<Launch>());
        driver.forget_orders();
        refused(driver, ListenerOrder::open, listener(0, serial),
                "bind /x/0.sock." + std::to_string(serial) + ": no room");
        CHECK(driver.announced("trouble") == (serial == 2));
        driver.exited(worker(0, serial), Ending::never_started);
        driver.advance(pause - 1ms);
        CHECK_FALSE(driver.saw<Launch>());
        driver.advance(1ms);
        ++serial;
    }
    driver.forget_orders();
    refused(driver, ListenerOrder::open, listener(0, serial),
            "bind /x/0.sock." + std::to_string(serial) + ": another reason");
    CHECK(driver.announced("trouble"));
}

TEST_CASE("a successor that cannot be steered to is given up, ready as it is") {
    Driver driver = due();
    driver.ready(worker(0, 2));
    driver.forget_orders();
    refused(driver, ListenerOrder::steer, listener(0, 2));
    CHECK(driver.orders() == "hide 0/2");
    driver.advance(10ms);
    driver.busy(listener(0, 2)); // somebody had got to it
    CHECK(driver.orders().empty());
    driver.idle(listener(0, 2));
    CHECK(driver.orders() == "stop 0.2");
    driver.exited(worker(0, 2));
    check_old_one_stays(driver);
    CHECK(driver.waits_for().ends_with("no room"));
    CHECK(driver.orders() == "close 0/2; record 0.2 after cancel for requests");
    driver.advance(1s);
    CHECK(driver.orders() == "open 0/3 beside 0/1; launch 0.3 on 0/3");
    driver.ready(worker(0, 3));
    driver.advance(10ms);
    CHECK(driver.orders() == "steer 0/3 to 1; hide 0/1");
}

TEST_CASE("a listener whose filter is locked is handed on where another cannot be shown later") {
    Driver driver = due(HandoverMode::overlap, 1, {.can_show = false});
    driver.forget_orders();
    refused(driver, ListenerOrder::steer, listener(0, 1), "locked");
    CHECK(driver.announced("trouble"));
    CHECK(driver.orders() == "close 0/2; kill 0.2; park 0.1");
    driver.exited(worker(0, 2), Ending::never_started);
    driver.parked(listener(0, 1));
    driver.forget_orders();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.3 on 0/1; record 0.1 after recycle for requests");
    driver.ready(worker(0, 3));
    driver.forget_orders();
    driver.recycle(0, 2);
    CHECK(driver.orders() == "park 0.3");
}

TEST_CASE("a listener whose filter is locked is not joined: the next one stands apart from it") {
    Driver driver = due();
    driver.forget_orders();
    refused(driver, ListenerOrder::steer, listener(0, 1), "locked");
    CHECK(driver.announced("trouble"));
    CHECK(driver.orders() == "close 0/2; kill 0.2; open apart 0/3; launch 0.3 on 0/3");
    driver.exited(worker(0, 2), Ending::never_started);
    driver.ready(worker(0, 3));
    driver.forget_orders();
    driver.advance(10ms);
    CHECK(driver.orders() == "hide 0/1");
    driver.advance(10ms);
    driver.idle(listener(0, 1));
    driver.exited(worker(0, 1));
    driver.forget_orders();
    driver.recycle(0, 2);
    CHECK(driver.orders() == "open 0/4 beside 0/3; launch 0.4 on 0/4");
}

TEST_CASE("where it cannot be handed on either, the old worker stays and says why") {
    Driver driver = due(HandoverMode::overlap, 1, {.can_show = false, .parkable = false});
    driver.forget_orders();
    refused(driver, ListenerOrder::steer, listener(0, 1), "locked");
    CHECK(driver.orders() == "close 0/2; kill 0.2");
    check_old_one_stays(driver);
    CHECK(driver.waits_for().starts_with("a listener beside which connections can be steered"));
}

TEST_CASE("a gate that does not open is tried until it does, and no other one closes meanwhile") {
    Driver driver = serving(HandoverMode::close, 3);
    driver.recycle(0);
    driver.advance(10ms);
    driver.idle(listener(0, 1));
    driver.exited(worker(0, 1));
    driver.ready(worker(0, 2));
    driver.forget_orders();
    refused(driver, ListenerOrder::show, listener(0, 1));
    CHECK(driver.announced("trouble"));
    CHECK_FALSE(available(driver.slot()));
    driver.recycle(1, 2);
    CHECK_FALSE(driver.saw<HideListener>());
    CHECK(driver.waits_for(1) == k_waits_for_budget);
    driver.recycle(0, 3);
    CHECK(driver.waits_for(0) == "its gate to open: no room");
    driver.forget_orders();
    for (const Duration pause : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms}) {
        driver.advance(pause - 1ms);
        CHECK_FALSE(driver.saw<ShowListener>());
        driver.advance(1ms);
        REQUIRE(driver.saw<ShowListener>());
        driver.forget_orders();
        refused(driver, ListenerOrder::show, listener(0, 1));
        CHECK_FALSE(driver.announced("trouble"));
        driver.forget_orders();
    }
    driver.advance(5s);
    CHECK(driver.saw<ShowListener>());
    CHECK(available(driver.slot()));
}

TEST_CASE("a gate that does not close leaves the worker that was to be replaced behind it") {
    Driver driver = due(HandoverMode::close, 3);
    CHECK(driver.orders() == "hide 0/1");
    refused(driver, ListenerOrder::hide, listener(0, 1));
    check_old_one_stays(driver);
    CHECK(driver.waits_for().ends_with("no room"));
    driver.advance(10ms);
    driver.idle(listener(0, 1));
    driver.forget_orders();
    driver.advance(990ms);
    CHECK(driver.orders() == "hide 0/1");
}

TEST_CASE("an operator's drain is not done while the gate is open") {
    Driver driver = serving(2);
    driver.drain(0);
    refused(driver, ListenerOrder::hide, listener(0, 1));
    driver.forget_orders();
    driver.advance(50ms);
    driver.idle(listener(0, 1));
    CHECK_FALSE(driver.saw<Reply>());
    CHECK(driver.front_is<Draining>());
    driver.advance(50ms);
    CHECK(driver.orders() == "hide 0/1");
    driver.advance(10ms);
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "answer 1 done");
    CHECK(driver.front_is<Drained>());
}

TEST_CASE("a stop whose gate never closes comes to its end all the same") {
    Driver driver = serving(1);
    driver.tell(StopRequested{});
    refuse_to_hide(driver, 5min + Looks::k_longest);
    REQUIRE(driver.front_is<Stopping>()); // drain.timeout
    driver.exited(worker(0, 1));
    REQUIRE(driver.front_is<Leaving>());
    refuse_to_hide(driver, 100ms);
    driver.idle(listener(0, 1));
    driver.forget_orders();
    driver.recorded(worker(0, 1));
    CHECK(driver.saw<Finish>());
}

TEST_CASE("a replaced worker whose listener cannot be hidden is not stopped") {
    Driver driver = due();
    driver.ready(worker(0, 2));
    driver.advance(10ms);
    driver.forget_orders();
    refused(driver, ListenerOrder::hide, listener(0, 1));
    driver.advance(50ms);
    driver.idle(listener(0, 1));
    CHECK_FALSE(driver.saw<StopWorker>());
    driver.advance(50ms);
    CHECK(driver.orders() == "hide 0/1");
    driver.advance(10ms);
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "stop 0.1");
}

TEST_CASE("a listener that cannot be closed is closed later") {
    Driver driver = due();
    driver.exited(worker(0, 2));
    driver.forget_orders();
    refused(driver, ListenerOrder::close, listener(0, 2));
    CHECK(driver.announced("trouble"));
    driver.forget_orders();
    driver.advance(100ms);
    CHECK(driver.orders().starts_with("close 0/2"));
    refused(driver, ListenerOrder::close, listener(0, 2));
    driver.advance(199ms);
    CHECK(driver.orders().empty());
    driver.advance(1ms);
    CHECK(driver.orders() == "close 0/2");
    driver.advance(1h);
    CHECK(driver.slot().unclosed.empty());
}

TEST_CASE("what another controller may have steered is steered again before anybody is retired") {
    Driver driver = due();
    driver.ready(worker(0, 2));
    driver.replace_controller();
    driver.forget_orders();
    refused(driver, ListenerOrder::steer, listener(0, 2));
    driver.advance(99ms);
    CHECK(driver.orders().empty());
    driver.advance(1ms);
    CHECK(driver.orders() == "steer 0/2 to 1");
    driver.advance(10ms);
    CHECK(driver.orders() == "hide 0/1");
}

TEST_CASE("a drain that a controller could not begin is begun by the next") {
    Driver driver = serving(2);
    driver.drain(0);
    refused(driver, ListenerOrder::hide, listener(0, 1));
    driver.replace_controller();
    CHECK(driver.orders().starts_with("hide 0/1"));
}

TEST_CASE("a listener is not closed while connections wait in it: they are served") {
    Driver driver = serving(1);
    driver.recycle(0);
    driver.exited(worker(0, 2));
    driver.forget_orders();
    driver.tell(ListenerFailed{ListenerOrder::close, listener(0, 2), "2 wait", true});
    CHECK(driver.orders() == "hide 0/2");
    driver.queued(listener(0, 2));
    CHECK(driver.orders() == "launch 0.3 on 0/2");
}
