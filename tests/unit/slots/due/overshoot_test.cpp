// SPDX-License-Identifier: MIT
// How late a trigger that counts is seen, with a worker that answers every look.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

struct Seen {
    std::uint64_t served = 0; // when the worker became due
    std::uint64_t looks = 0;
};

// Serves so many requests a second from when it is ready, until it is due. `late`: how long after
// each deadline the decider is asked.
Seen until_due(std::uint64_t limit, std::uint64_t rate, Duration late = {}) {
    policies::Policy policy = policy_with(HandoverMode::overlap);
    policy.recycle.requests = limit;
    policy.recycle.spread = {0};
    Decider decider(policy, {});
    MonoTime now{Duration(1h)};
    (void)decider.begin(now, first_slots(1));
    (void)decider.step(now, WorkerReady{worker(0, 1)});
    (void)decider.step(now, WorkerSampled{worker(0, 1), {.at = now, .bloat = 5_MiB}});
    const MonoTime ready = now;
    Seen seen;
    while (!decider.slots().front().due) {
        now = std::max(now, *decider.next_deadline() + late);
        for (const Action& action : decider.step(now, Tick{})) {
            if (std::holds_alternative<TakeSample>(action)) {
                const auto us = std::chrono::floor<std::chrono::microseconds>(now - ready).count();
                seen.served = static_cast<std::uint64_t>(us) * rate / 1'000'000;
                ++seen.looks;
                (void)decider.step(now, WorkerSampled{worker(0, 1),
                                                      {.at = now,
                                                       .bloat = 5_MiB,
                                                       .served = seen.served,
                                                       .accepts = seen.served}});
            }
        }
    }
    return seen;
}

} // namespace

TEST_CASE("recycle.requests is overshot by what is served in two milliseconds at most") {
    for (const std::uint64_t rate : {1, 10, 100, 1'000, 10'000}) {
        CAPTURE(rate);
        const Seen seen = until_due(5000, rate);
        CHECK(seen.served >= 5000);
        CHECK(seen.served <= 5000 + std::max<std::uint64_t>(rate * 2 / 1000, 1));
    }
}

TEST_CASE("and the last stretch costs a few looks, not one every millisecond") {
    CHECK(until_due(5000, 1'000).looks < 60); // five seconds, four looks each, and the end
}

TEST_CASE("a look that comes late is seen by the same measure") {
    CHECK(until_due(5000, 1'000, 50ms).served > 5040);
}

TEST_CASE("the sample that shows the count begins the handover, and the one before does not") {
    const auto begins_with = [](HandoverMode handover) {
        policies::Policy policy = policy_with(handover);
        policy.recycle.requests = 5000;
        policy.recycle.spread = {0};
        Driver driver(policy);
        driver.started();
        driver.forget_orders();
        driver.sampled(worker(0, 1), 5_MiB, 4999);
        CHECK(driver.orders().empty());
        driver.sampled(worker(0, 1), 5_MiB, 5000);
        return driver.orders();
    };
    CHECK(begins_with(HandoverMode::overlap) == "open 0/2 beside 0/1; launch 0.2 on 0/2");
    CHECK(begins_with(HandoverMode::queue) == "park 0.1");
}

TEST_CASE("age is seen when it comes") {
    policies::Policy policy = policy_with(HandoverMode::overlap);
    policy.recycle.age = 500ms;
    policy.recycle.spread = {0};
    Driver driver(policy);
    driver.started(100ms);
    driver.sampled(worker(0, 1), 5_MiB);
    driver.forget_orders();
    driver.advance(399ms);
    CHECK_FALSE(driver.saw<TakeSample>());
    driver.advance(1ms);
    CHECK(driver.saw<TakeSample>());
}
