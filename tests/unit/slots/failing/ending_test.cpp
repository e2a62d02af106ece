// SPDX-License-Identifier: MIT
// Ends that nobody planned, and what becomes of the gate.
#include "recycler/slots/failing/ending.hpp"

#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;

namespace {

Driver started_in(Duration start, std::uint16_t slots = 2) {
    Driver driver(policies::Policy{}, slots);
    driver.started(start);
    return driver;
}

} // namespace

TEST_CASE("after a crash the gate stays open when a start takes at most one second") {
    Driver driver = started_in(1s);
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after nothing");
    CHECK(driver.slot().gate == Gate::open);
}

TEST_CASE("after a crash the gate of a slow starter closes until the new worker is ready") {
    Driver driver = started_in(1001ms);
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "hide 0/1; launch 0.2 on 0/1; record 0.1 after nothing");
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "show 0/1");
}

TEST_CASE("the last open gate stays open after a crash, however slow the start is") {
    Driver driver = started_in(5s);
    driver.exited(worker(0, 1));
    driver.forget_orders();
    driver.exited(worker(1, 1));
    CHECK(driver.orders() == "launch 1.2 on 1/1; record 1.1 after nothing");
}

TEST_CASE("a gate that could not be shown again is not closed by a crash") {
    Driver driver(policies::Policy{}, 2, Machine{.can_show = false});
    driver.started(5s);
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after nothing");
}

TEST_CASE("a worker that leaves by itself is replaced at once, a slow one behind a closed gate") {
    Driver fast = started_in(200ms);
    fast.exited(worker(0, 1), Ending::left);
    CHECK(fast.orders() == "launch 0.2 on 0/1; record 0.1 after nothing");
    Driver slow = started_in(5s);
    slow.exited(worker(0, 1), Ending::left);
    CHECK(slow.orders() == "hide 0/1; launch 0.2 on 0/1; record 0.1 after nothing");
}

TEST_CASE("the next worker is launched before anything is done for the dead one") {
    Driver driver = started_in(200ms);
    driver.exited(worker(0, 1));
    const std::string orders = driver.orders();
    CHECK(orders.find("launch") < orders.find("record "));
}

TEST_CASE("a memory kill of a child is announced and ends the whole worker") {
    Driver driver = started_in(200ms);
    driver.tell(ChildKilled{worker(0, 1)});
    CHECK(driver.announced("child-died"));
    CHECK(driver.orders() == "kill 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after nothing");
}

TEST_CASE("a crash takes the due recycle with it, and the record keeps its trigger") {
    policies::Policy policy;
    policy.recycle.memory = 100_MiB;
    Driver driver(policy);
    driver.started();
    driver.sampled(worker(0, 1), 100_MiB);
    driver.forget_orders();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "launch 0.2 on 0/1; record 0.1 after nothing for memory");
    CHECK(driver.waits_for() == "not due");
}

TEST_CASE("a worker is recorded once, and forgotten once its record is confirmed") {
    Driver driver = started_in(200ms);
    driver.exited(worker(0, 1));
    driver.exited(worker(0, 1));
    CHECK(driver.count<RecordEnd>() == 1);
    driver.forget_orders();
    driver.recorded(worker(0, 1));
    driver.recorded(worker(0, 1));
    CHECK(driver.orders() == "forget 0.1");
}

TEST_CASE("who was seen to be ready and ends idle with status 0 after a request has left") {
    EndSeen seen{.seen_ready = true, .lived = 5ms, .served = 1, .exited_idle = true};
    CHECK(ending_of(seen) == Ending::left);
    seen.exited_idle = false;
    CHECK(ending_of(seen) == Ending::served);
    seen = {.seen_ready = true, .lived = 1h, .exited_idle = true};
    CHECK(ending_of(seen) == Ending::died);
}

TEST_CASE("a page that says a request was answered is no proof for one that was never ready") {
    EndSeen seen{.unwatched = true, .lived = 1ms, .served = 1, .exited_idle = true};
    CHECK(ending_of(seen) == Ending::left);
    seen = {.lived = k_leaving_pace - 1ms, .served = 1, .exited_idle = true};
    CHECK_FALSE(had_been_ready(seen));
    CHECK(ending_of(seen) == Ending::served);
    seen.lived = k_leaving_pace; // it may have been ready between two looks
    CHECK(had_been_ready(seen));
    CHECK(ending_of(seen) == Ending::left);
}

TEST_CASE("what is left behind by retiring workers that leave by themselves is not braked") {
    Driver driver = serving(policies::HandoverMode::overlap, 1);
    driver.recycle(0);
    driver.ready(worker(0, 2));
    driver.exited(worker(0, 1), Ending::left);
    for (std::uint32_t generation = 3; generation <= 20; ++generation) {
        driver.advance(k_leaving_pace);
        driver.queued(listener(0, 1));
        driver.forget_orders();
        driver.exited(worker(0, generation), Ending::left);
        CHECK(driver.count<RecordEnd>() == 1);
        CHECK(driver.slot().brake.applied() == 0);
    }
}

TEST_CASE("claimed requests do not get a slot past the brake and the turns of all starts") {
    Driver driver(policies::Policy{}, 2);
    driver.started();
    driver.forget_orders();
    for (int millisecond = 0; millisecond < 10'000; ++millisecond) {
        if (const Worker* front = worker_of(driver.slot().front)) {
            driver.exited(front->id, ending_of({.lived = driver.now() - front->launched_at,
                                                .served = 1,
                                                .exited_idle = true}));
        }
        driver.advance(1ms);
    }
    CHECK(driver.announced("braked"));
    CHECK(driver.count<Launch>() <= 5 + 10);
}
