// SPDX-License-Identifier: MIT
// The front dies while its successor starts: that start is kept, in every kind of handover.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

using Shown = std::set<ListenerId>;

// Starts take so long, and 0.2 has begun to; 300 ms of that are over.
Driver amid_overlap(std::uint16_t slots = 1, Duration start = 200ms, Machine machine = {}) {
    Driver driver(policy_with(HandoverMode::overlap), slots, machine);
    driver.started(start);
    driver.recycle(0);
    driver.advance(300ms);
    driver.forget_orders();
    return driver;
}

// It runs towards memory.max, so that it is replaced behind a closed gate.
Driver amid_overlap_behind_closed_gate() {
    Driver driver = running_towards_max();
    driver.sampled(worker(0, 1), 200_MiB);
    REQUIRE(driver.slot().successor->opening == Opening::hidden);
    driver.advance(300ms);
    driver.forget_orders();
    return driver;
}

// Nobody can join its listener.
Driver amid_overlap_apart(std::uint16_t slots, Duration start) {
    Driver driver(policy_with(HandoverMode::overlap), slots);
    driver.started(start);
    driver.tell(ListenerAmiss{.listener = listener(0, 1), .why = "locked", .reached = true});
    driver.advance(300ms);
    REQUIRE(driver.slot().successor->opening == Opening::apart);
    driver.forget_orders();
    return driver;
}

} // namespace

TEST_CASE("when the old worker dies its successor becomes the slot's, and all come to it at once") {
    Driver driver = amid_overlap();
    driver.exited(worker(0, 1));
    CHECK(driver.announced("starting"));
    CHECK(driver.orders() == "steer 0/2 to 1; record 0.1 after nothing for operator");
    CHECK(driver.slot().gate == Gate::open);
    driver.advance(10ms);
    CHECK(driver.orders() == "hide 0/1");
    driver.advance(10ms);
    CHECK(driver.saw<LookIdle>());
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "close 0/1");
    driver.advance(10ms);
    REQUIRE(driver.saw<LookReady>());
    CHECK_FALSE(driver.last<LookReady>().beside);
    driver.forget_orders();
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "answer 1 done");
    CHECK(driver.front_is<Serving>());
    CHECK(driver.slot().listener == listener(0, 2));
}

TEST_CASE("what waited behind it is served by one more worker at once, and the successor goes on") {
    Driver driver = amid_overlap();
    driver.exited(worker(0, 1));
    driver.advance(20ms);
    driver.forget_orders();
    driver.queued(listener(0, 1));
    CHECK(driver.orders() == "launch 0.3 on 0/1");
    driver.ready(worker(0, 2));
    driver.advance(10ms);
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "stop 0.3");
    driver.exited(worker(0, 3));
    CHECK(driver.orders() == "close 0/1; answer 1 done; record 0.3 after recycle for operator");
    CHECK(driver.shown() == Shown{listener(0, 2)});
}

TEST_CASE(
    "the gate is closed for what is left of a long start, where others take the connections") {
    Driver driver = amid_overlap(2, 20s);
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "steer 0/2 to 1; record 0.1 after nothing for operator");
    driver.advance(1ms); // that it could be steered is known by then
    CHECK(driver.orders() == "hide 0/1; hide 0/2");
    CHECK(driver.slot().gate == Gate::closed);
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "show 0/2");
    CHECK(driver.shown() == Shown{listener(0, 2)});
}

TEST_CASE("it stays open for the last bit of a long start, and where no other takes them") {
    Driver driver = amid_overlap(2, 20s);
    SUBCASE("the last bit") {
        driver.advance(19s);
    }
    SUBCASE("no other") {
        driver.drain(1, 2);
    }
    driver.forget_orders();
    driver.exited(worker(0, 1));
    driver.advance(10ms);
    CHECK(driver.orders() == "steer 0/2 to 1; record 0.1 after nothing for operator; hide 0/1");
    CHECK(driver.slot().gate == Gate::open);
}

TEST_CASE("while they cannot be steered past it, its listener stays as it is, and is tried again") {
    Driver driver = amid_overlap(2, 20s);
    driver.exited(worker(0, 1));
    driver.forget_orders();
    driver.tell(ListenerFailed{ListenerOrder::steer, listener(0, 2), "locked"});
    driver.advance(99ms);
    CHECK(driver.orders().empty());
    driver.advance(1ms);
    CHECK(driver.orders() == "steer 0/2 to 1");
    driver.advance(3ms); // that has not failed
    CHECK(driver.orders() == "hide 0/1; hide 0/2");
    CHECK(driver.slot().gate == Gate::closed);
}

TEST_CASE("behind a closed gate the successor goes on, and opens it when it is ready") {
    Driver driver = amid_overlap_behind_closed_gate();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "hide 0/1; record 0.1 after nothing for memory");
    CHECK(driver.slot().gate == Gate::closed);
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "show 0/2");
    driver.idle(listener(0, 1));
    driver.advance(20ms);
    driver.idle(listener(0, 1));
    CHECK(driver.shown() == Shown{listener(0, 2)});
}

TEST_CASE("a closed gate opens before it is ready when no other is open any more") {
    Driver driver = amid_overlap_behind_closed_gate();
    driver.drain(1);
    driver.forget_orders();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "show 0/2; hide 0/1; record 0.1 after nothing for memory");
}

TEST_CASE("a successor apart is shown at once, before the listener of the dead one is hidden") {
    Driver driver = amid_overlap_apart(1, 200ms);
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "show 0/2; hide 0/1; record 0.1 after nothing for listener");
    driver.ready(worker(0, 2));
    CHECK(driver.front_is<Serving>());
}

TEST_CASE("a successor apart stays hidden for the rest of a long start where others serve") {
    Driver driver = amid_overlap_apart(2, 20s);
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "hide 0/1; hide 0/2; record 0.1 after nothing for listener");
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "show 0/2");
}

TEST_CASE("one that leaves by itself amid an overlap leaves the slot to its successor, too") {
    Driver driver = amid_overlap();
    driver.exited(worker(0, 1), Ending::left);
    CHECK(driver.orders() == "steer 0/2 to 1; record 0.1 after nothing for operator");
    CHECK_FALSE(driver.slot().brake.holds(driver.now()));
}

TEST_CASE("a brake does not hold a start that is under way, and holds what serves the old queue") {
    policies::Policy policy = policy_with(HandoverMode::overlap);
    policy.restart.burst = 0;
    Driver driver(policy);
    driver.started();
    driver.recycle(0);
    driver.advance(300ms);
    driver.forget_orders();
    driver.exited(worker(0, 1));
    CHECK(driver.slot().brake.holds(driver.now()));
    CHECK(driver.front_is<Starting>());
    driver.advance(900ms);
    CHECK_FALSE(driver.saw<LookIdle>());
    driver.ready(worker(0, 2));
    CHECK(driver.front_is<Serving>());
    driver.advance(200ms);
    CHECK(driver.saw<LookIdle>());
}

TEST_CASE("a successor that fails after all is followed like any other, on its listener") {
    Driver driver = amid_overlap();
    driver.exited(worker(0, 1));
    driver.advance(20ms);
    driver.idle(listener(0, 1));
    driver.forget_orders();
    driver.exited(worker(0, 2));
    CHECK(driver.orders() == "launch 0.3 on 0/2; record 0.2 after nothing");
    driver.ready(worker(0, 3));
    CHECK(driver.orders() == "answer 1 done");
}

TEST_CASE("a controller that is replaced right after it goes on so") {
    Driver driver = amid_overlap(2, 20s);
    driver.exited(worker(0, 1));
    driver.replace_controller();
    CHECK(driver.front_is<Starting>());
    CHECK(driver.slot().listener == listener(0, 2));
    driver.forget_orders();
    driver.advance(10ms);
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "close 0/1");
    driver.ready(worker(0, 2));
    CHECK(driver.front_is<Serving>());
}

TEST_CASE(
    "one that an operator takes out amid that is hidden with what is left of the one before") {
    Driver driver = amid_overlap(2);
    driver.exited(worker(0, 1));
    driver.forget_orders();
    driver.drain(0, 2);
    CHECK(driver.orders() == "hide 0/1; hide 0/2; answer 1 refused");
    driver.ready(worker(0, 2));
    driver.advance(20ms);
    driver.idle(listener(0, 2));
    CHECK(driver.front_is<Drained>());
}

TEST_CASE("a successor that was given up ready goes on to be worked off by the next controller") {
    Driver driver = amid_overlap();
    driver.ready(worker(0, 2));
    driver.tell(ListenerFailed{ListenerOrder::steer, listener(0, 2), "no room"});
    driver.forget_orders();
    driver.replace_controller();
    CHECK(driver.orders() == "hide 0/2; show 0/1");
    driver.advance(10ms);
    driver.idle(listener(0, 2));
    CHECK(driver.orders() == "stop 0.2");
    driver.exited(worker(0, 2));
    CHECK(driver.orders() == "close 0/2; record 0.2 after cancel for operator");
    CHECK(worker_of(driver.slot().front)->id == worker(0, 1));
}

TEST_CASE("a gate that closes leaves no listener shown to which nobody is steered") {
    Driver driver = amid_overlap();
    driver.tell(WorkerExited{worker(0, 1), Ending::served,
                             ListenerAmiss{.listener = listener(0, 1), .why = "it is bound"}});
    driver.ready(worker(0, 2));
    driver.forget_orders();
    driver.drain(0);
    CHECK(driver.orders() == "hide 0/1; hide 0/2; answer 1 refused"); // whose recycle is over
    CHECK(driver.shown() == Shown{});
}
