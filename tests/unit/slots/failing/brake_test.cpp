// SPDX-License-Identifier: MIT
// The crash-loop brake, by itself and in a decider.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;

namespace {

// How long the next start waits after an end at `now`.
Duration wait_after(Brake& brake, MonoTime now, const policies::Restart& restart) {
    return brake.ended(now, restart) - now;
}

// A single slot whose worker has been ended `times` times in a row, each as soon as it started.
Driver crashed(int times, std::uint16_t slots = 1) {
    Driver driver(policies::Policy{}, slots);
    driver.started();
    for (int i = 1; i <= times; ++i) {
        driver.exited(driver.slot().next_generation == 1
                          ? worker(0, 1)
                          : worker(0, driver.slot().next_generation - 1));
    }
    driver.forget_orders();
    return driver;
}

} // namespace

TEST_CASE("the first `burst` ends are answered at once, the next waits one second") {
    const policies::Restart restart;
    Brake brake;
    for (int i = 0; i < 5; ++i) {
        CHECK(wait_after(brake, k_start, restart) == 0s);
        CHECK_FALSE(brake.holds(k_start));
    }
    CHECK(wait_after(brake, k_start, restart) == 1s);
    CHECK(brake.holds(k_start) == k_start + 1s);
    CHECK_FALSE(brake.holds(k_start + 1s));
}

TEST_CASE("each further end doubles the wait, up to backoff_max") {
    const policies::Restart restart;
    Brake brake;
    MonoTime now = k_start;
    for (int i = 0; i < 5; ++i) {
        (void)brake.ended(now, restart);
    }
    for (const Duration wait : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
        CHECK(wait_after(brake, now, restart) == wait);
        now += wait;
    }
}

TEST_CASE("what had answered requests is started again after a second at most, and is no excuse") {
    policies::Restart restart;
    Brake brake;
    for (int i = 0; i < 5; ++i) {
        CHECK(brake.ended(k_start, restart, Ending::served) == k_start);
    }
    for (int i = 0; i < 20; ++i) {
        CHECK(brake.ended(k_start, restart, Ending::served) == k_start + 1s);
    }
    CHECK(wait_after(brake, k_start, restart) == 2s);
    CHECK(wait_after(brake, k_start, restart) == 4s);
    CHECK(brake.ended(k_start, restart, Ending::served) == k_start + 1s);
    CHECK(wait_after(brake, k_start, restart) == 8s);
    restart.backoff_max = 500ms;
    CHECK(brake.ended(k_start, restart, Ending::served) == k_start + 500ms);
}

TEST_CASE("the wait stays at backoff_max however long the loop lasts") {
    policies::Restart restart;
    restart.backoff_max = 24h;
    Brake brake;
    for (int i = 0; i < 1000; ++i) {
        CHECK(wait_after(brake, k_start, restart) <= 24h);
    }
}

TEST_CASE("ends that lie further apart than `within` do not count together") {
    const policies::Restart restart;
    Brake brake;
    for (int i = 0; i < 50; ++i) {
        CHECK(wait_after(brake, k_start + i * 13s, restart) == 0s);
    }
}

TEST_CASE("serving for `within` after the last end releases the brake, anything less does not") {
    const policies::Restart restart;
    Brake brake;
    for (int i = 0; i < 6; ++i) {
        (void)brake.ended(k_start, restart); // held until 1 s later
    }
    const MonoTime ready = k_start + 1s;
    brake.served(ready + 59s, ready, restart);
    CHECK(brake.applied() == 1);
    brake.served(ready + 60s, ready, restart);
    CHECK(brake.applied() == 0);
    CHECK(wait_after(brake, ready + 60s, restart) == 0s);
}

TEST_CASE("an old worker that goes on serving does not forgive what its replacements do") {
    const policies::Restart restart;
    Brake brake;
    for (int i = 0; i < 6; ++i) {
        (void)brake.ended(k_start, restart);
    }
    brake.served(k_start + 10s, k_start - 1h, restart);
    CHECK(brake.applied() == 1);
    brake.served(k_start + 61s, k_start - 1h, restart);
    CHECK(brake.applied() == 0);
}

TEST_CASE("several workers that took over from each other release the brake like one") {
    const policies::Restart restart;
    Brake brake;
    for (int i = 0; i < 6; ++i) {
        (void)brake.ended(k_start, restart);
    }
    for (int age = 0; age < 60; age += 20) { // from 1 s on, when the brake lets go
        const MonoTime ready = k_start + 1s + age * 1s;
        brake.served(ready, ready, restart);
        brake.served(ready + 19s, ready, restart);
        CHECK(brake.applied() == 1);
    }
    brake.served(k_start + 61s, k_start + 61s, restart);
    CHECK(brake.applied() == 0);
}

TEST_CASE("an end that nobody had ordered begins the time of good service anew") {
    const policies::Restart restart;
    Brake brake;
    for (int i = 0; i < 6; ++i) {
        (void)brake.ended(k_start, restart);
    }
    brake.served(k_start + 50s, k_start + 1s, restart);
    CHECK(brake.ended(k_start + 55s, restart, Ending::served) == k_start + 56s);
    brake.served(k_start + 70s, k_start + 57s, restart);
    CHECK(brake.applied() == 1);
    brake.served(k_start + 117s, k_start + 57s, restart);
    CHECK(brake.applied() == 0);
}

TEST_CASE("a worker that becomes ready by a newer plan than those that ended releases the brake") {
    const policies::Restart restart;
    Brake brake;
    for (int i = 0; i < 6; ++i) {
        (void)brake.ended(k_start, restart, Ending::died, 3);
    }
    (void)brake.ended(k_start, restart, Ending::died, 2); // an old one that had lived till then
    brake.started(3);
    CHECK(brake.applied() == 2);
    brake.started(4);
    CHECK(brake.applied() == 0);
}

TEST_CASE(
    "a worker that ends again and again is restarted at once five times, then after 1, 2, 4 s") {
    Driver driver = crashed(4);
    driver.exited(worker(0, 5));
    CHECK(driver.orders() == "launch 0.6 on 0/1; record 0.5 after nothing");
    driver.exited(worker(0, 6));
    CHECK(driver.announced("braked"));
    CHECK(driver.orders() == "record 0.6 after nothing");
    driver.advance(1s - 1ms);
    CHECK(driver.orders().empty());
    driver.advance(1ms);
    CHECK(driver.orders() == "launch 0.7 on 0/1");
    driver.exited(worker(0, 7));
    driver.forget_orders();
    driver.advance(2s - 1ms);
    CHECK(driver.orders().empty());
    driver.advance(1ms);
    CHECK(driver.orders() == "launch 0.8 on 0/1");
}

TEST_CASE("a slot whose workers live shorter than `within` forgets an outage all the same") {
    policies::Policy policy;
    policy.recycle.age = 20s;
    policy.recycle.spread = policies::Percent{0};
    Driver driver(policy);
    driver.room(64_GiB);
    std::uint32_t generation = 1;
    for (; generation <= 7; ++generation) { // a database that is away for a while
        driver.advance(1s);
        driver.exited(worker(0, generation));
    }
    driver.advance(5s);
    driver.ready(worker(0, generation));
    for (int i = 0; i < 4; ++i) { // each is replaced in time
        const WorkerId old = worker_of(driver.slot().front)->id;
        driver.sampled(old, 1_MiB);
        driver.advance(20s);
        driver.sampled(old, 1_MiB);
        REQUIRE(driver.slot().successor);
        driver.ready(driver.slot().successor->worker.id);
        driver.advance(20ms);
        driver.idle(listener(0, driver.slot().next_serial - 2));
        driver.exited(old);
    }
    driver.sampled(worker_of(driver.slot().front)->id, 1_MiB);
    driver.forget_orders();
    driver.exited(worker_of(driver.slot().front)->id, Ending::served);
    CHECK_FALSE(driver.announced("braked"));
    CHECK(driver.front_is<Starting>());
}

TEST_CASE("a changed policy releases the brake at once, and what is held back starts") {
    Driver driver = crashed(8, 2);
    REQUIRE(driver.slot().brake.applied() > 0);
    REQUIRE(driver.front_is<Vacant>());
    driver.forget_orders();
    driver.tell(PolicyChanged{.policy = policies::Policy{}, .workers_change = true});
    CHECK(driver.slot().brake.applied() == 0);
    CHECK(driver.front_is<Starting>());
}

TEST_CASE("in the brake the gate is closed, unless it is the last one open") {
    Driver alone = crashed(6);
    CHECK(alone.slot().gate == Gate::open);
    Driver beside = crashed(5, 2);
    beside.exited(worker(0, 6));
    CHECK(beside.orders() == "hide 0/1; record 0.6 after nothing");
    beside.advance(1s);
    CHECK(beside.orders() == "launch 0.7 on 0/1");
    beside.ready(worker(0, 7));
    CHECK(beside.orders() == "show 0/1");
}

TEST_CASE("a worker that serves for a minute releases the brake") {
    Driver driver = crashed(6);
    driver.advance(1s);
    driver.ready(worker(0, 7));
    driver.advance(60s);
    driver.sampled(worker(0, 7), 50_MiB);
    driver.forget_orders();
    driver.exited(worker(0, 7));
    CHECK(driver.orders() == "launch 0.8 on 0/1; record 0.7 after nothing");
}

TEST_CASE("workers that leave by themselves between two requests never feed the brake") {
    Driver driver(policies::Policy{});
    driver.started();
    for (std::uint32_t generation = 1; generation <= 30; ++generation) {
        driver.advance(k_leaving_pace);
        driver.exited(worker(0, generation), Ending::left);
        CHECK(driver.front_is<Starting>());
    }
}

TEST_CASE("workers that leave by themselves are launched 100 ms apart, behind an open gate") {
    Driver driver(policies::Policy{}, 2);
    driver.started();
    driver.forget_orders();
    for (std::uint32_t generation = 1; generation <= 1000; ++generation) {
        if (const Worker* front = worker_of(driver.slot().front)) {
            driver.exited(front->id, Ending::left);
        }
        driver.advance(1ms);
    }
    CHECK(driver.count<Launch>() == 1 + 10); // the first one was old enough
    CHECK(driver.slot().gate == Gate::open);
    CHECK_FALSE(driver.announced("braked"));
    CHECK(driver.slot().brake.applied() == 0);
}

TEST_CASE("one slot's crash loop does not hold another slot back") {
    Driver driver = crashed(6, 2);
    driver.exited(worker(1, 1));
    CHECK(driver.orders() == "launch 1.2 on 1/1; record 1.1 after nothing");
}

TEST_CASE("a request that crashes whoever serves it does not keep the slot empty") {
    Driver driver(policies::Policy{});
    driver.started();
    for (std::uint32_t generation = 1; generation <= 30; ++generation) {
        driver.exited(worker(0, generation), Ending::served);
        driver.advance(1s);
        REQUIRE(driver.front_is<Starting>());
        driver.ready(worker(0, generation + 1));
    }
}
