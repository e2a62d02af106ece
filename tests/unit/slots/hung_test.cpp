// SPDX-License-Identifier: MIT
// One request that runs for longer than recycle.hung.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

Driver hung_after_six_minutes(HandoverMode handover, std::uint16_t slots = 2,
                              Machine machine = {}) {
    policies::Policy policy = policy_with(handover);
    policy.recycle.hung = 360s;
    Driver driver(policy, slots, machine);
    driver.started();
    return driver;
}

void running(Driver& driver, WorkerId id, Duration how_long) {
    driver.tell(WorkerSampled{
        id, {.at = driver.now(), .bloat = 50_MiB, .accepts = 1, .in_flight = 1}, how_long});
}

} // namespace

TEST_CASE("a hung worker: gate closed, stop signal, and after stop_timeout the kill") {
    Driver driver = hung_after_six_minutes(HandoverMode::overlap);
    running(driver, worker(0, 1), 360s - 1ns);
    CHECK(driver.orders().empty());
    running(driver, worker(0, 1), 360s);
    CHECK(driver.orders() == "hide 0/1; examine 0.1; stop 0.1");
    driver.advance(10s);
    CHECK(driver.orders() == "kill 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after hung for hung");
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "show 0/1");
}

TEST_CASE("a request is looked at when it is about to count as hung") {
    Driver driver = hung_after_six_minutes(HandoverMode::overlap);
    running(driver, worker(0, 1), 360s - 40ms);
    driver.forget_orders();
    driver.advance(39ms);
    CHECK_FALSE(driver.saw<TakeSample>());
    driver.advance(1ms);
    CHECK(driver.saw<TakeSample>());
}

TEST_CASE("the last open gate stays open while its hung worker is ended; the queue waits") {
    Driver driver = hung_after_six_minutes(HandoverMode::overlap, 1);
    running(driver, worker(0, 1), 360s);
    CHECK(driver.orders() == "examine 0.1; stop 0.1");
    driver.advance(10s);
    CHECK(driver.orders() == "kill 0.1");
}

TEST_CASE("a hung worker waits for no overlap: the successor is given up") {
    Driver driver = hung_after_six_minutes(HandoverMode::overlap);
    driver.recycle(0);
    driver.forget_orders();
    running(driver, worker(0, 1), 360s);
    CHECK(driver.orders() == "close 0/2; kill 0.2; hide 0/1; examine 0.1; stop 0.1");
    driver.exited(worker(0, 2));
    driver.exited(worker(0, 1));
    driver.ready(worker(0, 3));
    CHECK(driver.shown() == std::set{listener(0, 1)});
    CHECK(driver.saw<Reply>());
}

TEST_CASE("a worker that hangs while it parks or drains is ended, too") {
    Driver parking = hung_after_six_minutes(HandoverMode::queue);
    parking.recycle(0);
    parking.forget_orders();
    running(parking, worker(0, 1), 360s);
    CHECK(parking.orders() == "hide 0/1; examine 0.1; stop 0.1");
    Driver draining = hung_after_six_minutes(HandoverMode::close);
    draining.recycle(0);
    draining.forget_orders();
    running(draining, worker(0, 1), 360s);
    CHECK(draining.orders() == "examine 0.1; stop 0.1");
}

TEST_CASE("a worker that hangs while it retires is ended, and what waits behind it is served") {
    Driver driver = hung_after_six_minutes(HandoverMode::overlap);
    driver.recycle(0);
    driver.ready(worker(0, 2));
    driver.advance(1s);
    driver.forget_orders();
    running(driver, worker(0, 1), 360s - 40ms);
    driver.forget_orders();
    driver.advance(39ms);
    CHECK_FALSE(driver.saw<TakeSample>());
    driver.advance(1ms);
    CHECK(driver.saw<TakeSample>());
    driver.forget_orders();
    running(driver, worker(0, 1), 360s);
    CHECK(driver.orders() == "examine 0.1; stop 0.1");
    driver.advance(10s);
    CHECK(driver.orders() == "kill 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "record 0.1 after hung for hung");
    driver.queued(listener(0, 1));
    CHECK(driver.orders() == "launch 0.3 on 0/1");
}

TEST_CASE("a hung worker waits for the budget, and is ended with the first sample that finds it") {
    Driver driver = hung_after_six_minutes(HandoverMode::overlap, 3);
    driver.drain(2);
    driver.forget_orders();
    running(driver, worker(0, 1), 360s);
    CHECK(driver.orders().empty());
    CHECK(driver.waits_for() == k_waits_for_budget);
    driver.open(2, 2);
    driver.forget_orders();
    running(driver, worker(0, 1), 361s);
    CHECK(driver.orders() == "hide 0/1; examine 0.1; stop 0.1");
}

TEST_CASE("a hung request that ends while its worker waits for the budget leaves nothing due") {
    Driver driver = hung_after_six_minutes(HandoverMode::overlap, 3);
    driver.drain(2);
    running(driver, worker(0, 1), 360s);
    driver.sampled(worker(0, 1), 50_MiB, 1, 1);
    CHECK(driver.waits_for() == "not due");
}

TEST_CASE("a hung worker that waits for the budget can be replaced by an overlap meanwhile") {
    Driver driver = hung_after_six_minutes(HandoverMode::overlap, 3);
    driver.drain(2);
    running(driver, worker(0, 1), 360s);
    driver.forget_orders();
    driver.recycle(0, 2);
    CHECK(driver.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2");
}

TEST_CASE("one that the operator drains may hang for as long as the operator wants") {
    Driver driver = hung_after_six_minutes(HandoverMode::overlap);
    driver.drain(0);
    driver.forget_orders();
    running(driver, worker(0, 1), 1h);
    CHECK(driver.orders().empty());
}

TEST_CASE("one that hangs while the app stops is ended, and the rest of its queue is served") {
    Driver driver = hung_after_six_minutes(HandoverMode::overlap, 1);
    driver.tell(StopRequested{});
    driver.forget_orders();
    running(driver, worker(0, 1), 360s);
    CHECK(driver.orders() == "examine 0.1; stop 0.1");
    driver.exited(worker(0, 1));
    driver.forget_orders();
    driver.queued(listener(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1");
}

TEST_CASE("in a dry run a hung worker is due and lives") {
    Driver driver =
        hung_after_six_minutes(HandoverMode::overlap, 2, Machine{.dry_run = DryRun::on});
    running(driver, worker(0, 1), 360s);
    CHECK(driver.orders().empty());
    CHECK(driver.slot().due->trigger == Trigger::hung);
}
