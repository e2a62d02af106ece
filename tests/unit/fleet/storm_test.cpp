// The guard against recycle storms: recycle.memory below what a fresh worker needs.
#include "tests/unit/fleet/driver.hpp"

#include <doctest/doctest.h>
#include <memory>

using namespace recycler;
using namespace recycler::fleet;
using policies::HandoverMode;

namespace {

policies::Policy due_at_64_mib(Bytes max = 96_MiB) {
    policies::Policy policy = policy_with(HandoverMode::overlap);
    policy.recycle.memory = 64_MiB;
    policy.memory.max = max;
    return policy;
}

policies::Sample sample_at(Duration since, Bytes bloat, std::uint64_t served) {
    return {.at = k_start + since, .bloat = bloat, .served = served, .accepts = served};
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
    driver.buried(old);
}

// One life in vain: over the limit after its first request.
void in_vain(Driver& driver, std::uint16_t slot = 0) {
    serve(driver, slot, 70_MiB, 1);
    hand_over(driver, slot);
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

TEST_CASE("five in a row trip the guard, and the median of them is the baseline") {
    StormGuard guard;
    for (const Bytes baseline : {80_MiB, 70_MiB, 90_MiB, 71_MiB}) {
        CHECK_FALSE(guard.retired(k_start, baseline, 64_MiB));
    }
    CHECK_FALSE(guard.holding());
    CHECK(guard.retired(k_start, 64_MiB, 64_MiB));
    CHECK(guard.holding() == Holding{.baseline = 71_MiB, .limit = 64_MiB});
    CHECK_FALSE(guard.retired(k_start, 70_MiB, 64_MiB)); // told once
}

TEST_CASE("one recycle that was worth it, and a pause, begin the count anew") {
    StormGuard guard;
    const auto four = [&guard](MonoTime now) {
        for (int i = 0; i < 4; ++i) {
            CHECK_FALSE(guard.retired(now, 70_MiB, 64_MiB));
        }
    };
    four(k_start);
    CHECK_FALSE(guard.retired(k_start, 64_MiB - Bytes{1}, 64_MiB));
    four(k_start);
    four(k_start + k_storm_window + 1ns);
    CHECK_FALSE(guard.holding());
}

TEST_CASE("the first requests tell a worker's need, as far as one is not still running") {
    policies::Trend trend;
    CHECK_FALSE(baseline_of(trend));
    trend.add(sample_at(0s, 20_MiB, 0));
    CHECK_FALSE(baseline_of(trend));
    policies::Sample huge = sample_at(10ms, 80_MiB, 0);
    huge.in_flight = 1;
    trend.add(huge);
    CHECK_FALSE(baseline_of(trend));
    trend.add(sample_at(20ms, 30_MiB, 1));
    CHECK(baseline_of(trend) == 30_MiB);
    trend.add(sample_at(30ms, 31_MiB, 4));
    CHECK_FALSE(baseline_of(trend)); // too many to count as fresh, too few to judge a leak
}

TEST_CASE("what many requests have left behind is no part of a worker's need") {
    policies::Trend leaker;
    leaker.add(sample_at(0s, 5_MiB, 0));
    for (std::uint64_t i = 1; i <= 30; ++i) {
        leaker.add(sample_at(25ms * i, 5_MiB + Bytes{i * 2 * (1_MiB).count}, i * 10));
    }
    CHECK(leaker.last()->bloat == 65_MiB);
    CHECK(*baseline_of(leaker) <= 6_MiB);

    policies::Trend loader; // all at its first request, and flat from then on
    loader.add(sample_at(0s, 20_MiB, 0));
    loader.add(sample_at(250ms, 70_MiB, 250));
    CHECK_FALSE(baseline_of(loader));
    loader.add(sample_at(260ms, 70_MiB, 260));
    CHECK(baseline_of(loader) == 70_MiB);
}

TEST_CASE("a limit below the warm baseline: one warning, then the trigger is held") {
    Driver driver = storm();
    CHECK(driver.count<Warn>() == 1);
    CHECK(driver.fleet().holding() == Holding{.baseline = 70_MiB, .limit = 64_MiB});
    driver.forget_orders();
    for (int i = 0; i < 20; ++i) {
        serve(driver, 0, 90_MiB, 1);
    }
    CHECK(driver.waits_for() == "not due");
    CHECK(driver.orders().empty());
    CHECK(driver.front_is<Serving>());
}

TEST_CASE("workers that are over the limit as soon as they are ready trip the guard, too") {
    Driver driver(due_at_64_mib());
    driver.started();
    for (std::size_t i = 0; i < k_storm; ++i) {
        driver.sampled(worker(0, generation(driver, 0)), 70_MiB);
        hand_over(driver, 0);
    }
    CHECK(driver.fleet().holding());
}

TEST_CASE("the warning says what is held, what was measured, what still guards and what to do") {
    const Holding holding{.baseline = 70_MiB, .limit = 64_MiB};
    CHECK(in_words(holding, due_at_64_mib().memory) ==
          "recycle.memory (64 MiB) is below what a fresh worker needs (70 MiB): 5 in a row had to "
          "be retired with hardly a request served. Workers are not retired for memory until one "
          "serves on below that, or the policy is loaded again; memory.max (96 MiB) still limits "
          "them. Set recycle.memory well above 70 MiB, or make the app smaller at its start.");
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
    CHECK(driver.fleet().holding());
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
    CHECK_FALSE(driver.fleet().holding());
    serve(driver, 0, 70_MiB, 1);
    CHECK(driver.slot().due->trigger == Trigger::memory);
}

TEST_CASE("the next controller holds on, silently, unless the limit is another one") {
    Driver driver = storm();
    driver.replace_controller();
    CHECK(driver.fleet().holding() == Holding{.baseline = 70_MiB, .limit = 64_MiB});
    serve(driver, 0, 70_MiB, 1);
    CHECK(driver.waits_for() == "not due");
    CHECK_FALSE(driver.saw<Warn>());

    const auto ledger = std::make_unique<Ledger>();
    driver.fleet().write(*ledger);
    policies::Policy raised = due_at_64_mib();
    raised.recycle.memory = 80_MiB;
    Fleet next(raised, {});
    (void)next.adopt(driver.now(), first_slots(1), *ledger, {});
    CHECK_FALSE(next.holding());
}

TEST_CASE("a recycle that was under way for memory is not begun again while the trigger is held") {
    Driver driver = storm(2);
    const auto ledger = std::make_unique<Ledger>();
    driver.fleet().write(*ledger);
    const std::uint32_t present = ledger->slots[0].front.generation;
    ledger->slots[0].due_trigger = static_cast<std::uint8_t>(Trigger::memory);
    Fleet next(due_at_64_mib(), {});
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
    CHECK_FALSE(driver.fleet().holding());
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
    CHECK_FALSE(driver.fleet().holding());
}

TEST_CASE(
    "huge first requests of a client hold the trigger no longer than until a worker serves on") {
    Driver driver = storm(2);
    serve(driver, 1, 40_MiB, k_few_requests); // as fresh as those were
    CHECK(driver.fleet().holding());
    serve(driver, 1, 40_MiB, k_few_requests + 1);
    CHECK_FALSE(driver.fleet().holding());
    serve(driver, 1, 70_MiB, 50);
    CHECK(driver.slot(1).successor); // retired for memory, as before
}

TEST_CASE("workers that serve on below the limit between the bloated ones keep the guard open") {
    Driver driver(due_at_64_mib(), 2);
    driver.started();
    for (std::size_t i = 0; i < 4 * k_storm; ++i) {
        in_vain(driver);
        serve(driver, 1, 40_MiB, 10 + i);
        CHECK_FALSE(driver.fleet().holding());
    }
    CHECK_FALSE(driver.saw<Warn>());
}

TEST_CASE("a request in flight, and one worker at the limit, disprove nothing") {
    policies::Trend trend;
    trend.add(sample_at(0s, 40_MiB, 3));
    trend.add(sample_at(10ms, 64_MiB, 10));
    CHECK_FALSE(serves_below(64_MiB, trend));
    trend.add(sample_at(20ms, 64_MiB - Bytes{1}, 11));
    CHECK(serves_below(64_MiB, trend));
    policies::Sample busy = sample_at(30ms, 64_MiB - Bytes{1}, 11);
    busy.in_flight = 1;
    trend.add(busy);
    CHECK_FALSE(serves_below(64_MiB, trend));
}
