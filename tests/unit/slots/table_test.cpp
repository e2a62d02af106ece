// SPDX-License-Identifier: MIT
// The rows of the table "when | then" of the design, one test case each, in the table's words.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

// Slot 0 is drained by the operator.
Driver drained() {
    Driver driver = serving();
    driver.drain(0);
    driver.idle(listener(0, 1));
    driver.forget_orders();
    return driver;
}

} // namespace

TEST_CASE("a drained worker dies: record; replaced; the slot stays drained") {
    Driver driver = drained();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after nothing");
    driver.ready(worker(0, 2));
    driver.idle(listener(0, 1));
    CHECK(driver.orders().empty());
    CHECK(driver.front_is<Drained>());
    CHECK(driver.shown().empty());
}

TEST_CASE("recycle of a drained slot: replaced; stays drained") {
    Driver driver = drained();
    driver.recycle(0, 2);
    CHECK(driver.orders() == "stop 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after recycle for operator");
    driver.ready(worker(0, 2));
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "answer 2 done");
    CHECK(driver.front_is<Drained>());
    CHECK(driver.shown().empty());
}

TEST_CASE("open while stopping: refused") {
    Driver driver = drained();
    driver.recycle(0, 2);
    driver.forget_orders();
    driver.open(0, 3);
    CHECK(driver.orders() == "answer 3 refused");
    driver.exited(worker(0, 1));
    driver.ready(worker(0, 2));
    driver.forget_orders();
    driver.open(0, 4);
    CHECK(driver.orders().starts_with("show 0/1; answer 4 done"));
}

TEST_CASE("hung: gate closed, stop signal, stop_timeout, kill; waits for no overlap") {
    policies::Policy policy = policy_with(HandoverMode::overlap);
    policy.recycle.hung = 360s;
    Driver driver(policy, 2);
    driver.started();
    driver.tell(WorkerSampled{worker(0, 1), {.at = driver.now(), .in_flight = 1}, 360s});
    CHECK(driver.orders() == "hide 0/1; examine 0.1; stop 0.1");
    driver.advance(10s);
    CHECK(driver.orders() == "kill 0.1");
}

TEST_CASE("a crash during a drain: verdict of the crash; the trigger is kept in the record") {
    Driver driver = serving(HandoverMode::close);
    driver.recycle(0);
    driver.forget_orders();
    driver.exited(worker(0, 1));
    CHECK(driver.orders().find("record 0.1 after nothing for operator") != std::string::npos);
}

TEST_CASE("the new generation dies during an overlap: the old one goes on serving; back-off") {
    Driver driver = serving();
    driver.recycle(0);
    driver.forget_orders();
    driver.exited(worker(0, 2));
    CHECK(driver.orders() == "close 0/2; answer 1 refused; record 0.2 after nothing for operator");
    CHECK(driver.front_is<Serving>());
    CHECK(driver.shown() == std::set{listener(0, 1)});
    CHECK(driver.slot().brake.until() == driver.now());
}

TEST_CASE("the new generation is not ready in time during an overlap: the same, and it is killed") {
    Driver driver = serving();
    driver.recycle(0);
    driver.forget_orders();
    driver.advance(60s - 1ms);
    CHECK(driver.orders().empty());
    driver.advance(1ms);
    CHECK(driver.orders() == "close 0/2; kill 0.2; answer 1 refused");
    driver.exited(worker(0, 2));
    CHECK(driver.orders() == "record 0.2 after start-timeout");
    CHECK(driver.front_is<Serving>());
    CHECK(driver.shown() == std::set{listener(0, 1)});
}

TEST_CASE("replacements that keep failing are tried ever more rarely while the old one serves") {
    policies::Policy policy = policy_with(HandoverMode::overlap);
    policy.recycle.memory = 100_MiB;
    Driver driver(policy, 2);
    driver.started();
    driver.advance(1h); // long past restart.within: its own calm forgives nothing
    driver.sampled(worker(0, 1), 100_MiB);
    for (std::uint32_t generation = 2; generation <= 6; ++generation) {
        driver.exited(worker(0, generation), Ending::never_started);
    }
    driver.forget_orders();
    driver.exited(worker(0, 7), Ending::never_started);
    CHECK(driver.orders() == "close 0/7; record 0.7 after nothing for memory");
    for (const Duration wait : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
        driver.advance(wait - 1ms);
        driver.sampled(worker(0, 1), 100_MiB);
        CHECK_FALSE(driver.saw<Launch>());
        driver.advance(1ms);
        CHECK(driver.saw<Launch>());
        driver.exited(worker(0, driver.slot().next_generation - 1), Ending::never_started);
        driver.forget_orders();
    }
    CHECK(driver.front_is<Serving>());
}

TEST_CASE("drain --timeout runs out: timed out; the gate stays closed") {
    Driver driver = serving();
    driver.tell(DrainRequested{.request = 1, .slots = {SlotId{0}}, .timeout = 1s});
    driver.forget_orders();
    driver.advance(1s);
    CHECK(driver.orders() == "answer 1 timed out");
    CHECK(driver.shown().empty());
}

TEST_CASE("policy: listen changed: new slots first, removed ones drained, kept ones untouched") {
    Driver driver = serving();
    const policies::Policy policy = policy_with(HandoverMode::overlap);
    driver.tell(PolicyChanged{policy, {AddedSlot{{2}}}, {SlotId{1}}});
    CHECK(driver.orders() == "launch 2.1 on 2/1");
    driver.ready(worker(2, 1));
    CHECK(driver.orders() == "hide 1/1");
    CHECK(driver.waits_for(0) == "not due");
}

TEST_CASE("policy: workers changed: recycled one after another") {
    Driver driver = serving();
    driver.tell(PolicyChanged{policy_with(HandoverMode::overlap), {}, {}, true});
    CHECK(driver.slot(0).successor.has_value());
    CHECK_FALSE(driver.slot(1).successor.has_value());
    CHECK(driver.slot(1).due->trigger == Trigger::policy);
}

TEST_CASE("a memory kill of a child ends its worker") {
    Driver driver = serving();
    driver.tell(ChildKilled{worker(0, 1)});
    CHECK(driver.announced("child-died"));
    CHECK(driver.orders() == "kill 0.1");
}
