// SPDX-License-Identifier: MIT
// Connections that wait at a worker which serves nobody, for longer than recycle.stuck.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

Driver serving_by(HandoverMode handover, std::uint16_t slots = 2, Machine machine = {}) {
    Driver driver(policy_with(handover), slots, machine);
    driver.started();
    return driver;
}

void stands(Driver& driver, WorkerId id, std::optional<Duration> how_long) {
    driver.tell(WorkerSampled{
        id, {.at = driver.now(), .bloat = 50_MiB, .accepts = 1}, std::nullopt, how_long});
}

} // namespace

TEST_CASE("a stuck worker: gate closed, parked, stop signal, and after stop_timeout the kill") {
    Driver driver = serving_by(HandoverMode::overlap);
    stands(driver, worker(0, 1), 60s - 1ns);
    CHECK(driver.orders().empty());
    stands(driver, worker(0, 1), 60s);
    CHECK(driver.orders() == "hide 0/1; park 0.1; examine 0.1; stop 0.1");
    driver.advance(10s);
    CHECK(driver.orders() == "kill 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after hung for stuck");
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "show 0/1");
}

TEST_CASE("the queue of the last open gate waits for the next worker") {
    Driver driver = serving_by(HandoverMode::overlap, 1);
    stands(driver, worker(0, 1), 60s);
    CHECK(driver.orders() == "park 0.1; examine 0.1; stop 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after hung for stuck");
    driver.recorded(worker(0, 1), 7, 14);
    CHECK(driver.decider().totals().recycles[static_cast<std::size_t>(Trigger::stuck)] == 1);
    CHECK(driver.decider().totals().ends[14] == 1);
}

TEST_CASE("a queue is looked at when its worker is about to count as stuck") {
    Driver driver = serving_by(HandoverMode::overlap);
    stands(driver, worker(0, 1), 60s - 40ms);
    driver.forget_orders();
    driver.advance(39ms);
    CHECK_FALSE(driver.saw<TakeSample>());
    driver.advance(1ms);
    CHECK(driver.saw<TakeSample>());
}

TEST_CASE("a worker that is off the hook, or for whom the trigger is off, is left alone") {
    Driver driver = serving_by(HandoverMode::overlap);
    stands(driver, worker(0, 1), std::nullopt);
    CHECK(driver.orders().empty());
    policies::Policy policy = policy_with(HandoverMode::overlap);
    policy.recycle.stuck.reset();
    Driver off(policy, 2);
    off.started();
    stands(off, worker(0, 1), 1h);
    CHECK(off.orders().empty());
}

TEST_CASE("a stuck worker waits for the budget, and for nobody when it comes round meanwhile") {
    Driver driver = serving_by(HandoverMode::overlap, 3);
    driver.drain(2);
    driver.forget_orders();
    stands(driver, worker(0, 1), 60s);
    CHECK(driver.orders().empty());
    CHECK(driver.waits_for() == k_waits_for_budget);
    stands(driver, worker(0, 1), std::nullopt);
    CHECK(driver.waits_for() == "not due");
    stands(driver, worker(0, 1), 61s);
    driver.open(2, 2);
    driver.forget_orders();
    stands(driver, worker(0, 1), 62s);
    CHECK(driver.orders() == "hide 0/1; park 0.1; examine 0.1; stop 0.1");
}

TEST_CASE("a worker that is stuck while it retires is ended, and what waits behind it is served") {
    Driver driver = serving_by(HandoverMode::overlap);
    driver.recycle(0);
    driver.ready(worker(0, 2));
    driver.advance(1s);
    driver.forget_orders();
    stands(driver, worker(0, 1), 60s);
    CHECK(driver.orders() == "park 0.1; examine 0.1; stop 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "record 0.1 after hung for stuck");
    driver.queued(listener(0, 1));
    CHECK(driver.orders() == "launch 0.3 on 0/1");
}

TEST_CASE(
    "a worker that is stuck while it drains to be replaced is ended, one that is held is not") {
    Driver draining = serving_by(HandoverMode::close);
    draining.recycle(0);
    draining.forget_orders();
    stands(draining, worker(0, 1), 60s);
    CHECK(draining.orders() == "park 0.1; examine 0.1; stop 0.1");
    Driver held = serving_by(HandoverMode::close);
    held.drain(0);
    held.forget_orders();
    stands(held, worker(0, 1), 1h);
    CHECK(held.orders().empty());
}

TEST_CASE("in a dry run a stuck worker is due and lives") {
    Driver driver = serving_by(HandoverMode::overlap, 2, Machine{.dry_run = DryRun::on});
    stands(driver, worker(0, 1), 60s);
    CHECK(driver.orders().empty());
    CHECK(driver.slot().due->trigger == Trigger::stuck);
}

TEST_CASE("where workers shut their listener down when told to stop, a stuck one is killed") {
    Driver driver = serving_by(HandoverMode::queue);
    driver.recycle(1);
    driver.parked(listener(1, 1));
    const ListenerAmiss shut{
        .listener = listener(1, 1), .why = "its listener was shut down", .shut_down = true};
    driver.tell(WorkerExited{worker(1, 1), Ending::died, shut});
    driver.advance(1ms);
    driver.ready(worker(1, 2));
    driver.forget_orders();
    stands(driver, worker(0, 1), 60s);
    CHECK(driver.orders() == "hide 0/1; park 0.1; examine 0.1; kill 0.1");
    driver.advance(1s);
    CHECK(driver.orders() == "kill 0.1");
}
