// SPDX-License-Identifier: MIT
// The guard against recycle storms: recycle.memory below what a worker needs.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>
#include <memory>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

policies::Policy due_at_64_mib(Bytes max = 96_MiB) {
    policies::Policy policy = policy_with(HandoverMode::overlap);
    policy.recycle.memory = 64_MiB;
    policy.memory.max = max;
    return policy;
}

std::uint32_t generation(const Driver& driver, std::uint16_t slot) {
    return worker_of(driver.slot(slot).front)->id.generation;
}

// The present worker of the slot is sampled just after its start, and again when it has served
// that many.
void serve(Driver& driver, std::uint16_t slot, Bytes bloat, std::uint64_t served) {
    const WorkerId id = worker(slot, generation(driver, slot));
    driver.sampled(id, 20_MiB, 0);
    driver.advance(20ms);
    driver.sampled(id, bloat, served, served);
}

// Its replacement, under way, becomes ready, and the replaced one ends.
void hand_over(Driver& driver, std::uint16_t slot) {
    const WorkerId old = worker(slot, generation(driver, slot));
    const ListenerId behind = driver.slot(slot).listener;
    driver.advance(100ms);
    driver.ready(driver.slot(slot).successor->worker.id);
    driver.advance(20ms);
    driver.idle(behind);
    driver.exited(old);
    driver.recorded(old);
}

// One life in vain: over the limit after its first request.
void in_vain(Driver& driver, std::uint16_t slot = 0) {
    serve(driver, slot, 70_MiB, 1);
    hand_over(driver, slot);
}

Holding holding_at(Bytes baseline) {
    return {.baseline = baseline, .limit = 64_MiB, .served = k_few_requests};
}

Driver storm(std::uint16_t slots = 1) {
    Driver driver(due_at_64_mib(), slots);
    driver.started();
    for (std::size_t i = 0; i < k_storm; ++i) {
        in_vain(driver, static_cast<std::uint16_t>(i % slots));
    }
    return driver;
}

} // namespace

TEST_CASE("a limit below the warm baseline: one warning, then the trigger is held") {
    Driver driver = storm();
    CHECK(driver.count<Warn>() == 1);
    CHECK(driver.decider().holding() == holding_at(70_MiB));
    driver.forget_orders();
    for (int i = 0; i < 20; ++i) {
        serve(driver, 0, 84_MiB - Bytes{1}, 1);
    }
    CHECK(driver.waits_for() == "not due");
    CHECK(driver.orders().empty());
    CHECK(driver.front_is<Serving>());
}

TEST_CASE("while memory is held, a worker that comes near memory.max is retired all the same") {
    Driver driver = storm();
    serve(driver, 0, 84_MiB, 40); // an eighth of 96 MiB below it
    CHECK(driver.slot().due->trigger == Trigger::memory);
    CHECK(driver.slot().successor);
}

TEST_CASE("workers that need even more are told of again, and the trigger is held higher up") {
    Driver driver = storm();
    for (std::size_t i = 0; i < k_storm; ++i) {
        serve(driver, 0, 88_MiB, 1);
        hand_over(driver, 0);
    }
    CHECK(driver.count<Warn>() == 2);
    CHECK(driver.decider().holding() == holding_at(88_MiB));
    serve(driver, 0, 91_MiB, 1);
    CHECK(driver.waits_for() == "not due");
    serve(driver, 0, 92_MiB, 1); // half-way to memory.max
    CHECK(driver.slot().due->trigger == Trigger::memory);
}

TEST_CASE("workers that are over the limit as soon as they are ready trip the guard, too") {
    Driver driver(due_at_64_mib());
    driver.started();
    for (std::size_t i = 0; i < k_storm; ++i) {
        driver.sampled(worker(0, generation(driver, 0)), 70_MiB);
        hand_over(driver, 0);
    }
    CHECK(driver.decider().holding());
}

TEST_CASE("what is due for memory when the guard trips is dropped, what has begun goes on") {
    Driver driver(due_at_64_mib(1000_GiB), 4); // none is in a hurry
    driver.started();
    for (std::size_t i = 0; i + 1 < k_storm; ++i) {
        in_vain(driver);
    }
    serve(driver, 0, 70_MiB, 1);
    serve(driver, 1, 70_MiB, 1);
    driver.sampled(worker(2, 1), 70_MiB, 1, 1);
    driver.recycle(3, 7);
    CHECK(driver.slot(0).successor);
    CHECK(driver.slot(1).due->trigger == Trigger::memory);
    hand_over(driver, 0);
    CHECK(driver.decider().holding());
    CHECK(driver.slot(1).successor); // it began when the one before was ready
    CHECK(driver.waits_for(2) == "not due");
    hand_over(driver, 1);
    CHECK(driver.slot(3).successor); // and its turn has come
}

TEST_CASE("a recycle that an operator asked for stands when the guard trips") {
    Driver driver(due_at_64_mib(), 2);
    driver.started();
    for (std::size_t i = 0; i + 1 < k_storm; ++i) {
        in_vain(driver);
    }
    serve(driver, 0, 70_MiB, 1);
    serve(driver, 1, 70_MiB, 1);
    driver.recycle(1, 7);
    CHECK(driver.slot(1).due->trigger == Trigger::operator_);
    hand_over(driver, 0);
    CHECK(driver.slot(1).successor);
}

TEST_CASE("while memory is held the other triggers go on") {
    policies::Policy policy = due_at_64_mib();
    policy.recycle.requests = 100;
    policy.recycle.spread = {0};
    Driver driver(policy);
    driver.started();
    for (std::size_t i = 0; i < k_storm; ++i) {
        in_vain(driver);
    }
    driver.sampled(worker(0, generation(driver, 0)), 70_MiB, 100, 100);
    CHECK(driver.slot().due->trigger == Trigger::requests);
}

TEST_CASE("a policy that is loaded again lets the trigger go") {
    Driver driver = storm();
    driver.forget_orders();
    driver.tell(PolicyChanged{.policy = due_at_64_mib(), .added = {}, .removed = {}});
    CHECK_FALSE(driver.decider().holding());
    serve(driver, 0, 70_MiB, 1);
    CHECK(driver.slot().due->trigger == Trigger::memory);
}

TEST_CASE("the next controller holds on, silently, unless the limit is another one") {
    Driver driver = storm();
    driver.replace_controller();
    CHECK(driver.decider().holding()->baseline == 70_MiB);
    CHECK(driver.decider().holding()->limit == 64_MiB);
    serve(driver, 0, 70_MiB, 1);
    CHECK(driver.waits_for() == "not due");
    CHECK_FALSE(driver.saw<Warn>());

    const auto ledger = std::make_unique<Ledger>();
    driver.decider().write(*ledger);
    policies::Policy raised = due_at_64_mib();
    raised.recycle.memory = 80_MiB;
    Decider next(raised, {});
    (void)next.adopt(driver.now(), first_slots(1), *ledger, {});
    CHECK_FALSE(next.holding());
}

TEST_CASE("a recycle that was under way for memory is not begun again while the trigger is held") {
    Driver driver = storm(2);
    const auto ledger = std::make_unique<Ledger>();
    driver.decider().write(*ledger);
    const std::uint32_t present = ledger->slots[0].front.generation;
    ledger->slots[0].due_trigger = static_cast<std::uint8_t>(Trigger::memory);
    Decider next(due_at_64_mib(), {});
    (void)next.adopt(driver.now(), first_slots(2), *ledger, {.workers = {worker(0, present)}});
    CHECK_FALSE(next.slots()[0].due);
}

TEST_CASE("a fast leaker under load never trips the guard") {
    Driver driver(due_at_64_mib());
    driver.started();
    for (int life = 0; life < 50; ++life) {
        const WorkerId id = worker(0, generation(driver, 0));
        for (std::uint64_t i = 0; i <= 30; ++i) {
            driver.sampled(id, 5_MiB + Bytes{i * 2 * (1_MiB).count}, i * 10, i * 10);
            driver.advance(25ms);
        }
        hand_over(driver, 0);
    }
    CHECK_FALSE(driver.decider().holding());
}

TEST_CASE("one huge request after another, each in flight at the handover, never trips the guard") {
    Driver driver(due_at_64_mib());
    driver.started();
    for (int life = 0; life < 20; ++life) {
        const WorkerId id = worker(0, generation(driver, 0));
        driver.sampled(id, 20_MiB);
        driver.advance(50ms);
        driver.tell(WorkerSampled{
            id, {.at = driver.now(), .bloat = 90_MiB, .accepts = 1, .in_flight = 1}, 50ms});
        hand_over(driver, 0);
    }
    CHECK_FALSE(driver.decider().holding());
}

TEST_CASE(
    "huge first requests of a client hold the trigger no longer than until a worker serves on") {
    Driver driver = storm(2);
    serve(driver, 1, 40_MiB, k_few_requests); // as fresh as those were
    CHECK(driver.decider().holding());
    serve(driver, 1, 40_MiB, k_few_requests + 1);
    CHECK_FALSE(driver.decider().holding());
    serve(driver, 1, 70_MiB, 50);
    CHECK(driver.slot(1).successor); // retired for memory, as before
}

TEST_CASE("workers that serve on below the limit between the bloated ones keep the guard open") {
    Driver driver(due_at_64_mib(), 2);
    driver.started();
    for (std::size_t i = 0; i < 4 * k_storm; ++i) {
        in_vain(driver);
        serve(driver, 1, 40_MiB, 10 + i);
        CHECK_FALSE(driver.decider().holding());
    }
    CHECK_FALSE(driver.saw<Warn>());
}
