// SPDX-License-Identifier: MIT
// What makes a worker due, in which order the due are taken, and what a dry run does with them.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

policies::Policy due_at_200_mib() {
    policies::Policy policy = policy_with(HandoverMode::close);
    policy.recycle.memory = 200_MiB;
    policy.memory.max = 256_MiB;
    policy.recycle.spread = {0};
    return policy;
}

} // namespace

TEST_CASE("bloat at recycle.memory makes a worker due for memory") {
    Driver driver(due_at_200_mib(), 2);
    driver.started();
    driver.sampled(worker(0, 1), 200_MiB - Bytes{1});
    CHECK(driver.orders().empty());
    driver.sampled(worker(0, 1), 200_MiB);
    CHECK(driver.slot().due->trigger == Trigger::memory);
    CHECK(driver.orders() == "hide 0/1");
}

TEST_CASE("requests served make a worker due for requests") {
    policies::Policy policy = due_at_200_mib();
    policy.recycle.requests = 100;
    Driver driver(policy, 2);
    driver.started();
    driver.sampled(worker(0, 1), 50_MiB, 99);
    CHECK(driver.orders().empty());
    driver.sampled(worker(0, 1), 50_MiB, 100);
    CHECK(driver.slot().due->trigger == Trigger::requests);
    CHECK(driver.orders() == "hide 0/1");
}

TEST_CASE("age makes a worker due, counted from its launch") {
    policies::Policy policy = due_at_200_mib();
    policy.recycle.age = 12h;
    Driver driver(policy, 2);
    driver.started(1s);
    driver.advance(12h - 1s - 1ms);
    driver.sampled(worker(0, 1), 50_MiB);
    CHECK(driver.orders().empty());
    driver.advance(1ms);
    driver.sampled(worker(0, 1), 50_MiB);
    CHECK(driver.slot().due->trigger == Trigger::age);
}

TEST_CASE("no trigger that is not set ever makes a worker due") {
    Driver driver(policies::Policy{}, 2);
    driver.started();
    driver.advance(1h);
    driver.sampled(worker(0, 1), 100_GiB, 1'000'000'000);
    CHECK(driver.waits_for() == "not due");
}

TEST_CASE("a due worker is announced once, with its trigger") {
    Driver driver(due_at_200_mib(), 2);
    driver.started();
    driver.sampled(worker(0, 1), 200_MiB);
    CHECK(driver.announced("due"));
    driver.forget_orders();
    driver.sampled(worker(0, 1), 210_MiB);
    CHECK_FALSE(driver.announced("due"));
}

TEST_CASE("the due are taken in the order of their predicted time to memory.max") {
    Driver driver(due_at_200_mib(), 4);
    driver.started();
    driver.drain(3); // holds everybody back
    const auto grows = [&](std::uint16_t slot, Bytes from, Bytes to) {
        driver.sampled(worker(slot, 1), from);
        return [&driver, slot, to] { driver.sampled(worker(slot, 1), to); };
    };
    const auto slowly = grows(0, 199_MiB, 200_MiB);
    const auto fast = grows(1, 100_MiB, 230_MiB);
    const auto faster = grows(2, 50_MiB, 240_MiB);
    driver.advance(100s); // each has time to wait
    slowly();
    fast();
    faster();
    driver.forget_orders();
    driver.open(3, 2);
    driver.advance(4s);
    CHECK(driver.slot(2).gate == Gate::closed);
    CHECK(driver.slot(1).gate == Gate::open);
    driver.idle(listener(2, 1));
    driver.exited(worker(2, 1));
    driver.ready(worker(2, 2));
    driver.advance(4s);
    CHECK(driver.slot(1).gate == Gate::closed);
    CHECK(driver.slot(0).gate == Gate::open);
}

TEST_CASE("who is due for memory goes before one whose recycle was asked for earlier") {
    Driver driver(due_at_200_mib(), 3);
    driver.started();
    driver.drain(2);
    driver.recycle(0, 2);
    driver.sampled(worker(1, 1), 100_MiB);
    driver.advance(100s); // it has time to wait
    driver.sampled(worker(1, 1), 210_MiB);
    driver.open(2, 3);
    driver.forget_orders();
    driver.advance(4s);
    CHECK(driver.orders() == "hide 1/1");
}

TEST_CASE("a dry run decides, says so, and retires nobody") {
    Driver driver(due_at_200_mib(), 2, Machine{.dry_run = DryRun::on});
    driver.started();
    driver.sampled(worker(0, 1), 200_MiB);
    CHECK(driver.announced("due"));
    driver.advance(1h);
    CHECK(driver.orders().empty());
    CHECK(driver.waits_for() == "nothing: this is a dry run, and no worker is retired");
}

TEST_CASE("a dry run refuses to recycle, and a changed policy leaves a drained worker alone") {
    Driver driver(due_at_200_mib(), 2, Machine{.dry_run = DryRun::on});
    driver.started();
    driver.recycle(0);
    CHECK(driver.orders() == "answer 1 refused");
    driver.drain(0, 2);
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "hide 0/1; answer 2 done");
    driver.tell(PolicyChanged{due_at_200_mib(), {}, {}, true});
    CHECK(driver.orders().empty());
    CHECK(driver.front_is<Drained>());
}

TEST_CASE("a dry run still replaces workers that die") {
    Driver driver(due_at_200_mib(), 2, Machine{.dry_run = DryRun::on});
    driver.started();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after nothing");
}

TEST_CASE("what is due and cannot be recycled for longer than a recycling takes is told, once") {
    policies::Policy policy = due_at_200_mib();
    Driver driver(policy, 2);
    driver.started();
    driver.drain(1); // somebody's, and it uses up capacity.max_unavailable
    driver.idle(listener(1, 1));
    driver.sampled(worker(0, 1), 200_MiB);
    CHECK_FALSE(driver.waits_for().empty());
    const Duration longest = longest_recycling(policy);
    driver.advance(longest - 1ms);
    CHECK_FALSE(driver.announced("waiting"));
    driver.advance(1ms);
    CHECK(driver.announced("waiting"));
    driver.forget_orders();
    driver.advance(longest * 3);
    CHECK_FALSE(driver.announced("waiting"));
}
