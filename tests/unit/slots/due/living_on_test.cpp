// SPDX-License-Identifier: MIT
// A worker that is let live on past recycle.memory: whether it stays where it is or leaks.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>
#include <functional>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

using Need = std::function<Bytes(std::uint64_t served)>;

Bytes kib(std::uint64_t count) {
    return Bytes{count << 10};
}

// 9 MiB when it is ready; so much with each of the first `requests`, and with every one after them.
Need loads(std::uint64_t first_kib, std::uint64_t requests, std::uint64_t leak_kib = 0) {
    return [=](std::uint64_t served) {
        const std::uint64_t first = std::min(served, requests);
        return 9_MiB + kib(first * first_kib + served * leak_kib);
    };
}

struct Life {
    Shows shows = Shows::nothing_yet;
    Bytes bloat;
    Bytes level;
    std::uint64_t served = 0;
};

// One that is looked at every ten requests (and at each before the limit), until it has shown.
Life live(const Need& need, Bytes limit = 20_MiB, Bytes ceiling = 112_MiB, Duration time = 10min) {
    triggers::Trend trend;
    std::optional<LivingOn> lives_on;
    Life life;
    for (std::uint64_t served = 0; served < 100'000; served += lives_on ? 10 : 1) {
        life.bloat = need(served);
        life.served = served;
        const MonoTime at = k_start + 10ms * served;
        trend.add({.at = at, .bloat = life.bloat, .served = served, .accepts = served});
        if (lives_on) {
            life.shows = lives_on->look(trend);
            life.level = lives_on->level();
        } else if (life.bloat >= limit) {
            lives_on.emplace(trend, need(0), limit, ceiling, at + time);
        }
        if (life.shows != Shows::nothing_yet) {
            break;
        }
    }
    return life;
}

} // namespace

TEST_CASE("a worker that loads more than the limit with its first requests stays there") {
    for (const std::uint64_t requests : {2, 7, 10, 40, 300}) {
        CAPTURE(requests);
        const Life life = live(loads(std::uint64_t{12} * 1024 / requests + 1, requests));
        CHECK(life.shows == Shows::stays);
        CHECK(life.level >= 20_MiB);
        CHECK(life.level <= 22_MiB);
        CHECK(life.served <= 4 * requests + 60); // it is known soon
    }
}

TEST_CASE("it may load far beyond the limit before it stays") {
    const Life life = live(loads(2000, 40)); // to 87 MiB
    CHECK(life.shows == Shows::stays);
    CHECK(life.level >= 85_MiB);
}

TEST_CASE("a leak grows, however small it is and whatever the first requests have loaded") {
    for (const std::uint64_t leak : {1, 8, 30, 100, 400, 1024}) {
        for (const std::uint64_t first : {0, 200, 1000}) {
            CAPTURE(leak);
            CAPTURE(first);
            const Life life = live(loads(first, 10, leak));
            CHECK(life.shows == Shows::grows);
            CHECK(life.bloat <= 112_MiB + kib(10 * (leak + first))); // ten requests are a look
        }
    }
}

TEST_CASE("a leak ends its life long before the ceiling where it can be told") {
    CHECK(live(loads(0, 0, 30)).bloat < 45_MiB); // as many requests again, twice
}

TEST_CASE("memory that goes up and down at one level stays") {
    const Life life = live([](std::uint64_t served) {
        return served < 7 ? 9_MiB + kib(1700 * served) : 21_MiB + kib(served % 30 * 16);
    });
    CHECK(life.shows == Shows::stays);
}

TEST_CASE(
    "one that has reached the ceiling, or shows nothing in its time, counts as one that grows") {
    CHECK(live(loads(std::uint64_t{12} * 1024, 20), 20_MiB, 40_MiB).shows == Shows::grows);
    CHECK(live(loads(1700, 7), 20_MiB, 112_MiB, 200ms).shows == Shows::grows);
}

TEST_CASE("what a request that is not done yet has, says nothing about staying") {
    triggers::Trend trend;
    triggers::Sample sample{.at = k_start, .bloat = 21_MiB, .served = 7};
    trend.add(sample);
    LivingOn lives_on(trend, 9_MiB, 20_MiB, 112_MiB, k_start + 1h);
    for (int i = 0; i < 10; ++i) {
        sample.at += 10ms;
        sample.in_flight = 1;
        sample.bloat = sample.bloat + 2_MiB;
        trend.add(sample);
        CHECK(lives_on.look(trend) == Shows::nothing_yet);
    }
    CHECK(lives_on.level() == 21_MiB);
}

TEST_CASE("what took a worker past the limit within a request counts when that is done") {
    triggers::Trend trend;
    const auto look = [&trend](Bytes bloat, std::uint64_t served, std::uint32_t in_flight) {
        const MonoTime at = trend.last() ? trend.last()->at + 10ms : k_start;
        trend.add({.at = at, .bloat = bloat, .served = served, .in_flight = in_flight});
    };
    for (const Bytes left : {19_MiB, 22_MiB}) {
        look(9_MiB, 0, 0);
        look(30_MiB, 0, 1);
        LivingOn lives_on(trend, 9_MiB, 20_MiB, 112_MiB, k_start + 1h);
        look(30_MiB, 0, 1);
        CHECK(lives_on.look(trend) == Shows::nothing_yet);
        look(left, 1, 0);
        CHECK(lives_on.look(trend) == (left < 20_MiB ? Shows::below : Shows::nothing_yet));
        CHECK(lives_on.level() == left);
        trend = {};
    }
}

namespace {

// Served seven requests when it is over the limit, as the five before it.
constexpr std::uint64_t k_warm_after = 7;

Driver five_in_a_row(Bytes room = 64_GiB) {
    policies::Policy policy = policy_with(HandoverMode::overlap);
    policy.recycle.memory = 20_MiB;
    policy.recycle.requests = 5000;
    policy.memory.max = 128_MiB;
    Driver driver(policy);
    driver.started(20ms);
    driver.room(room);
    for (std::uint32_t life = 1; life <= k_storm; ++life) {
        driver.sampled(worker(0, life), 9_MiB);
        driver.advance(700ms);
        driver.sampled(worker(0, life), 21_MiB, k_warm_after, k_warm_after);
        const ListenerId behind = driver.slot().listener;
        driver.advance(20ms);
        driver.ready(worker(0, life + 1));
        driver.advance(20ms);
        driver.idle(behind);
        driver.exited(worker(0, life));
        driver.recorded(worker(0, life));
    }
    driver.sampled(worker(0, k_storm + 1), 9_MiB);
    driver.advance(700ms);
    driver.forget_orders();
    driver.sampled(worker(0, k_storm + 1), 21_MiB, k_warm_after, k_warm_after);
    return driver;
}

void serves(Driver& driver, Bytes bloat, std::uint64_t served) {
    driver.advance(100ms);
    driver.sampled(worker(0, k_storm + 1), bloat, served, served);
}

} // namespace

TEST_CASE("after five in a row one is let live on, and status says why") {
    Driver driver = five_in_a_row();
    CHECK(driver.orders().empty());
    CHECK(driver.waits_for().starts_with("the result of a test: it lives on"));
    serves(driver, 25_MiB, 12);
    serves(driver, 25_MiB, 20);
    serves(driver, 25_MiB, 30);
    CHECK_FALSE(driver.decider().holding());
    serves(driver, 25_MiB, 42);
    CHECK(driver.decider().holding() == Holding{.baseline = 25_MiB, .limit = 20_MiB, .served = 12});
    CHECK(driver.waits_for() == "not due");
    CHECK(driver.orders() == "warn holding");
}

TEST_CASE("one that goes on growing is replaced, and nothing is held") {
    Driver driver = five_in_a_row();
    for (std::uint64_t i = 1; i <= 40 && !driver.slot().successor; ++i) {
        serves(driver, 21_MiB + Bytes{i * (3_MiB).count}, k_warm_after + 5 * i);
    }
    CHECK(driver.slot().successor);
    CHECK_FALSE(driver.decider().holding());
}

TEST_CASE("nobody is let live on where there is no room for it") {
    CHECK_FALSE(worker_of(five_in_a_row(10_MiB).slot().front)->lives_on->ceiling());
}

TEST_CASE("one that is let live on is replaced when its requests have come to their limit") {
    Driver driver = five_in_a_row();
    serves(driver, 22_MiB, 6000);
    CHECK(driver.slot().successor);
}

TEST_CASE("an operator's recycle waits for nothing that could be learnt") {
    Driver driver = five_in_a_row();
    driver.recycle(0);
    CHECK(driver.slot().successor);
}

TEST_CASE("a policy that is loaded again ends it") {
    Driver driver = five_in_a_row();
    policies::Policy policy = driver.decider().policy();
    policy.recycle.memory.reset();
    driver.tell(PolicyChanged{.policy = policy, .added = {}, .removed = {}});
    serves(driver, 22_MiB, 20);
    CHECK_FALSE(worker_of(driver.slot().front)->lives_on);
}

namespace {

// Its replacement began as soon as there was room, and starts.
Driver replaced_after_five() {
    Driver driver = five_in_a_row(10_MiB);
    driver.room(64_GiB);
    driver.advance(2s);
    return driver;
}

} // namespace

TEST_CASE("whoever is being replaced shows what it needs until then") {
    Driver driver = replaced_after_five();
    CHECK(driver.slot().successor);
    for (std::uint64_t i = 0; i < 3; ++i) {
        serves(driver, 25_MiB, 12 + 10 * i);
        CHECK_FALSE(driver.decider().holding());
    }
    serves(driver, 25_MiB, 42);
    CHECK(driver.decider().holding()->baseline == 25_MiB);
    CHECK(driver.slot().successor); // what has begun goes on
}

TEST_CASE("one that leaks while it is being replaced shows nothing") {
    Driver driver = replaced_after_five();
    for (std::uint64_t i = 0; i < 20; ++i) {
        serves(driver, 25_MiB + Bytes{i * (1_MiB).count}, 12 + 10 * i);
    }
    CHECK_FALSE(driver.decider().holding());
}
