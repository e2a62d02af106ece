// SPDX-License-Identifier: MIT
// A new controller adopts what the one before left in each phase. Afterwards each slot has exactly
// one shown listener, or none if it is drained, and no half-done handover.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>
#include <memory>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

using Shown = std::set<ListenerId>;

} // namespace

TEST_CASE("a starting worker goes on starting") {
    Driver driver(policies::Policy{});
    driver.replace_controller();
    CHECK(driver.orders() == "show 0/1");
    CHECK(driver.front_is<Starting>());
    driver.ready(worker(0, 1));
    CHECK(driver.front_is<Serving>());
}

TEST_CASE("a worker that was written down and never launched is launched under the next name") {
    Driver driver(policies::Policy{});
    driver.lose(worker(0, 1));
    driver.replace_controller();
    CHECK(driver.orders() == "show 0/1; launch 0.2 on 0/1");
}

TEST_CASE("a serving worker serves on, and is sampled at once") {
    Driver driver = serving(HandoverMode::overlap);
    driver.replace_controller();
    CHECK(driver.saw<TakeSample>());
    CHECK(driver.orders() == "show 0/1; show 1/1");
    CHECK(driver.front_is<Serving>());
}

TEST_CASE("a due recycle is still due, with its trigger") {
    Driver driver = serving(HandoverMode::close);
    driver.tell(RecycleRequested{1, first_slots(2)});
    driver.replace_controller();
    CHECK(driver.slot(1).due->trigger == Trigger::operator_);
}

TEST_CASE("an overlap after the steering goes on: hidden within 10 ms, drained, stopped, closed") {
    Driver driver = serving(HandoverMode::overlap, 1);
    driver.recycle(0);
    driver.ready(worker(0, 2));
    driver.replace_controller();
    CHECK(driver.orders() == "steer 0/2 to 1; show 0/2");
    driver.advance(10ms);
    CHECK(driver.orders() == "hide 0/1");
    CHECK(driver.shown() == Shown{listener(0, 2)});
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "stop 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "close 0/1; record 0.1 after recycle for operator");
}

TEST_CASE("a retiring worker that drains or stops goes on doing so") {
    Driver draining = serving(HandoverMode::overlap, 1);
    draining.recycle(0);
    draining.ready(worker(0, 2));
    draining.advance(10ms);
    draining.replace_controller();
    draining.advance(10ms);
    CHECK(draining.shown() == Shown{listener(0, 2)});
    draining.forget_orders();
    draining.idle(listener(0, 1));
    CHECK(draining.orders() == "stop 0.1");
    draining.replace_controller();
    CHECK(draining.orders() == "steer 0/2 to 1; stop 0.1; show 0/2");
    draining.exited(worker(0, 1));
    CHECK(draining.orders() == "close 0/1; record 0.1 after recycle for operator");
}

TEST_CASE("the queue of a retiring worker that died is still looked after") {
    Driver driver = serving(HandoverMode::overlap, 1);
    driver.recycle(0);
    driver.ready(worker(0, 2));
    driver.exited(worker(0, 1));
    driver.recorded(worker(0, 1));
    driver.replace_controller();
    CHECK(driver.orders() == "steer 0/2 to 1; hide 0/1; show 0/2");
    driver.advance(10ms);
    CHECK(driver.saw<LookIdle>());
    driver.forget_orders();
    driver.queued(listener(0, 1));
    CHECK(driver.orders() == "launch 0.3 on 0/1");
}

TEST_CASE("a parking worker is let go on, and parks again because it is still due") {
    Driver driver = serving(HandoverMode::queue, 1);
    driver.recycle(0);
    driver.replace_controller();
    CHECK(driver.orders() == "unpark 0.1; thaw 0.1; show 0/1; park 0.1");
}

TEST_CASE("a drain to replace is cancelled: the gate opens, and the recycle is due as before") {
    Driver driver = serving(HandoverMode::queue, 2);
    driver.drain(1);
    driver.idle(listener(1, 1));
    driver.tell(PolicyChanged{policy_with(HandoverMode::close), {}, {}, false});
    driver.open(1, 2);
    driver.advance(4s);
    driver.recycle(0, 3);
    REQUIRE(driver.shown(0).empty());
    driver.drain(1, 4); // nothing else may close a gate while this one is out
    driver.replace_controller();
    CHECK(driver.front_is<Serving>(0));
    CHECK(driver.shown(0) == Shown{listener(0, 1)});
    CHECK(driver.slot(0).due->trigger == Trigger::operator_);
}

TEST_CASE("a drain to hold and a drained worker stay out of rotation") {
    Driver driver = serving(HandoverMode::overlap);
    driver.drain(0);
    driver.replace_controller();
    CHECK(driver.front_is<Draining>());
    CHECK(driver.shown().empty());
    driver.idle(listener(0, 1));
    CHECK(driver.front_is<Drained>());
    driver.replace_controller();
    CHECK(driver.front_is<Drained>());
    CHECK(driver.orders() == "hide 0/1; show 1/1");
    driver.open(0, 9);
    CHECK(driver.shown() == Shown{listener(0, 1)});
}

TEST_CASE("an app that stops goes on stopping, drains and queues included") {
    Driver driver = serving(HandoverMode::overlap);
    driver.tell(StopRequested{});
    driver.idle(listener(1, 1));
    driver.replace_controller();
    CHECK(driver.front_is<Draining>(0));
    CHECK(driver.front_is<Stopping>(1));
    CHECK(driver.orders() == "hide 0/1; stop 1.1; hide 1/1");
    driver.exited(worker(0, 1));
    driver.exited(worker(1, 1));
    driver.recorded(worker(1, 1));
    driver.recorded(worker(0, 1));
    driver.replace_controller();
    CHECK(driver.front_is<Leaving>(0));
    driver.idle(listener(0, 1));
    driver.idle(listener(1, 1));
    CHECK(driver.saw<Finish>());
}

TEST_CASE(
    "a worker that was to serve the rest and was never launched leaves its queue looked after") {
    Driver driver = serving(HandoverMode::overlap, 1);
    driver.tell(StopRequested{});
    driver.exited(worker(0, 1));
    driver.recorded(worker(0, 1));
    driver.queued(listener(0, 1));
    REQUIRE(driver.front_is<Starting>());
    driver.lose(worker(0, 2));
    driver.replace_controller();
    CHECK_FALSE(driver.saw<Finish>());
    driver.forget_orders();
    driver.queued(listener(0, 1));
    CHECK(driver.orders() == "launch 0.3 on 0/1");
}

TEST_CASE("a stopping worker is sent its signal again, and its record keeps the reason") {
    Driver driver = serving(HandoverMode::queue, 1);
    driver.recycle(0);
    driver.parked(listener(0, 1));
    driver.replace_controller();
    // Its gate is open: it may have missed the signal, and taken a connection since.
    CHECK(driver.orders() == "show 0/1; freeze 0.1");
    driver.frozen(worker(0, 1), 0);
    CHECK(driver.orders() == "stop 0.1");
    driver.advance(10s);
    CHECK(driver.orders() == "freeze 0.1"); // still only with proof
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after recycle for operator");
}

TEST_CASE(
    "one that was not ready in time gets no signal now either, and is killed only with proof") {
    Driver driver(policies::Policy{});
    driver.advance(60s);
    driver.replace_controller();
    CHECK(driver.orders() == "show 0/1; freeze 0.1");
    driver.frozen(worker(0, 1), 1);
    CHECK(driver.orders() == "thaw 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after start-timeout");
}

TEST_CASE("the dead whose record was not confirmed are recorded, with what had been ordered") {
    Driver driver = serving(HandoverMode::queue, 1);
    driver.recycle(0);
    driver.parked(listener(0, 1));
    driver.exited(worker(0, 1));
    driver.replace_controller();
    CHECK(driver.orders() == "show 0/1; record 0.1 after recycle for operator");
    driver.recorded(worker(0, 1));
    CHECK(driver.orders() == "forget 0.1");
}

TEST_CASE("a worker that ended while there was no controller is told afterwards, and replaced") {
    Driver driver = serving(HandoverMode::overlap, 1);
    driver.replace_controller();
    driver.forget_orders();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after nothing");
}

TEST_CASE("slots that the ledger does not know begin anew; those no longer in the policy leave") {
    Driver before = serving(HandoverMode::overlap, 2);
    const auto ledger = std::make_unique<Ledger>();
    before.decider().write(*ledger);
    Decider after(policy_with(HandoverMode::overlap), {});
    const std::vector<SlotId> slots{SlotId{0}, SlotId{2}};
    const std::vector<Action> actions = after.adopt(
        before.now(), slots, *ledger,
        {{listener(0, 1), listener(1, 1), listener(2, 1)}, {worker(0, 1), worker(1, 1)}});
    const auto launches = [&](WorkerId id) {
        return std::any_of(actions.begin(), actions.end(), [&](const Action& action) {
            const auto* launch = std::get_if<Launch>(&action);
            return launch != nullptr && launch->worker == id;
        });
    };
    CHECK(launches(worker(2, 1)));
    CHECK(after.slots()[1].wanted == Wanted::in); // not before the new one is there
    (void)after.step(before.now(), WorkerReady{worker(2, 1)});
    CHECK(after.slots()[1].wanted == Wanted::gone);
}

TEST_CASE("while the app stops, a slot that the ledger does not know is not started") {
    Driver before = serving(HandoverMode::overlap, 1);
    before.tell(StopRequested{});
    const auto ledger = std::make_unique<Ledger>();
    before.decider().write(*ledger);
    Decider after(policies::Policy{}, {});
    const std::vector<Action> actions = after.adopt(
        before.now(), first_slots(2), *ledger, {{listener(0, 1), listener(1, 1)}, {worker(0, 1)}});
    CHECK(std::none_of(actions.begin(), actions.end(), [](const Action& action) {
        return std::holds_alternative<Launch>(action);
    }));
}

TEST_CASE("after every adoption the slots add up: one front, one shown listener, nobody unknown") {
    for (const HandoverMode mode :
         {HandoverMode::overlap, HandoverMode::queue, HandoverMode::close}) {
        CAPTURE(static_cast<int>(mode));
        Driver driver = serving(mode, 2);
        driver.tell(RecycleRequested{1, first_slots(2)});
        driver.drain(1, 2); // keeps what follows from beginning again
        driver.replace_controller();
        driver.idle(listener(1, 1));
        driver.tell(PolicyChanged{policy_with(mode), {}, {}, false});
        driver.advance(11ms);
        CHECK(driver.slot(0).listener == listener(0, 1));
        CHECK_FALSE(driver.slot(0).retiring);
        CHECK(driver.shown(1).empty());
        CHECK(driver.shown(0).contains(listener(0, 1)));
    }
}
