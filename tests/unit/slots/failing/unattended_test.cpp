// SPDX-License-Identifier: MIT
// Slots whose starts fail: how long those wait who came before, and when the gate is closed.
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;

namespace {

constexpr ListenerId k_queue = listener(0, 1);

// Whoever is started in slot 0 ends at once, for so long. The others serve.
void fail_starts(Driver& driver, Duration how_long) {
    const MonoTime end = driver.now() + how_long;
    while (driver.now() < end) {
        if (driver.front_is<Starting>()) {
            driver.exited(worker_of(driver.slot().front)->id);
        }
        driver.advance(std::min<Duration>(end - driver.now(), 10ms));
    }
}

Driver served_alone(std::uint16_t slots = 1, Machine machine = {}) {
    Driver driver(policies::Policy{}, slots, machine);
    driver.started();
    return driver;
}

} // namespace

TEST_CASE("who waits in a slot whose starts fail is turned away after queue_timeout") {
    Driver driver = served_alone();
    driver.wait_in(k_queue, 3);
    driver.exited(worker(0, 1));
    fail_starts(driver, 9900ms);
    CHECK(driver.waiting(k_queue) == 3);
    driver.forget_orders();
    fail_starts(driver, 200ms);
    CHECK(driver.waiting(k_queue) == 0);
    CHECK(driver.orders().find("tell of 3 lost by 0.9") != std::string::npos);
    CHECK(driver.decider().turned_away() == 3);
    CHECK(driver.slot().turned_away == 3);
}

TEST_CASE("who is turned away is told by name, as far as that is worth it") {
    for (const std::uint32_t count : {1U, 2U, 5U, 7U}) {
        CAPTURE(count);
        Driver driver = served_alone();
        driver.wait_in(k_queue, count);
        driver.exited(worker(0, 1));
        fail_starts(driver, 9900ms);
        driver.forget_orders();
        while (!driver.announced("turned-away")) {
            fail_starts(driver, 10ms);
        }
        const Announce told = driver.told("turned-away");
        CHECK(told.count == count);
        CHECK(told.requests.size() == std::min<std::size_t>(count, k_most_named));
        CHECK(told.requests.front() == "GET /1");
        const bool all = count <= k_most_named;
        CHECK((told.text.find("more") == std::string::npos) == all);
        CHECK(told.text.ends_with(count == 2   ? ": GET /1, GET /2"
                                  : count == 7 ? "GET /5, and 2 more"
                                               : "GET /" + std::to_string(count)));
    }
}

TEST_CASE("the record of each start that fails has how many were turned away until then") {
    Driver driver = served_alone();
    driver.exited(worker(0, 1));
    CHECK(driver.last<RecordEnd>().turned_away == 0);
    driver.wait_in(k_queue, 3);
    fail_starts(driver, 11s);
    CHECK(driver.last<RecordEnd>().turned_away == 0); // they were turned away after it
    driver.wait_in(k_queue, 2);
    driver.advance(10s);
    REQUIRE(driver.front_is<Starting>());
    driver.replace_controller(); // nothing of that is forgotten
    driver.exited(worker_of(driver.slot().front)->id);
    CHECK(driver.last<RecordEnd>().turned_away >= 3);
    driver.advance(60s);
    REQUIRE(driver.front_is<Starting>());
    driver.forget_orders();
    driver.ready(worker_of(driver.slot().front)->id);
    REQUIRE(driver.saw<Warn>());
    CHECK(driver.last<Warn>().count == 5);
    const WorkerId fresh = worker_of(driver.slot().front)->id;
    driver.exited(fresh); // another outage begins
    CHECK(driver.last<RecordEnd>().turned_away == 0);
}

TEST_CASE("the last gate stays open while a start may succeed in time, and no longer") {
    Driver driver = served_alone();
    driver.exited(worker(0, 1));
    fail_starts(driver, 2s); // after 1 s, 2 s; the next one after 4 s
    CHECK(driver.slot().gate == Gate::open);
    fail_starts(driver, 6s); // the next one after 8 s: at 15 s
    CHECK(driver.slot().gate == Gate::closed);
    fail_starts(driver, 60s);
    CHECK(driver.slot().gate == Gate::closed);
    driver.advance(60s);
    REQUIRE(driver.front_is<Starting>());
    driver.forget_orders();
    driver.ready(worker_of(driver.slot().front)->id);
    CHECK(driver.slot().gate == Gate::open);
    CHECK_FALSE(driver.slot().unattended);
}

TEST_CASE("that no slot can serve is told loudly, once, and so is its end") {
    Driver driver = served_alone(2);
    driver.exited(worker(0, 1));
    fail_starts(driver, 20s);
    CHECK_FALSE(driver.saw<Warn>()); // the other one serves
    driver.exited(worker(1, 1));
    driver.forget_orders();
    for (int i = 0; i < 3000; ++i) {
        for (const std::uint16_t slot : {std::uint16_t{0}, std::uint16_t{1}}) {
            if (driver.front_is<Starting>(slot)) {
                driver.exited(worker_of(driver.slot(slot).front)->id);
            }
        }
        driver.advance(10ms);
    }
    CHECK(driver.count<Warn>() == 1);
    CHECK(driver.last<Warn>().name == EventName::serves_nobody);
    CHECK(driver.decider().serves_nobody());
    driver.replace_controller();
    CHECK(driver.decider().serves_nobody());
    CHECK_FALSE(driver.saw<Warn>());
    driver.advance(60s);
    REQUIRE(driver.front_is<Starting>());
    driver.ready(worker_of(driver.slot().front)->id);
    CHECK(driver.last<Warn>().name == EventName::serves_again);
    CHECK_FALSE(driver.decider().serves_nobody());
}

TEST_CASE("a slow start is no failure: who waits goes on to wait, behind an open gate") {
    Driver driver = served_alone();
    driver.wait_in(k_queue, 2);
    driver.exited(worker(0, 1), Ending::served);
    driver.advance(50s);
    CHECK(driver.front_is<Starting>());
    CHECK(driver.waiting(k_queue) == 2);
    CHECK(driver.slot().gate == Gate::open);
    driver.ready(worker(0, 2));
    CHECK(driver.decider().turned_away() == 0);
}

TEST_CASE("who has waited for longer than queue_timeout is turned away when the start fails") {
    Driver driver = served_alone();
    driver.exited(worker(0, 1), Ending::served);
    driver.exited(worker(0, 2)); // fails: the time begins
    driver.wait_in(k_queue, 2);
    driver.advance(40s); // the next one starts, slowly
    CHECK(driver.front_is<Starting>());
    CHECK(driver.waiting(k_queue) == 2);
    CHECK(driver.slot().gate == Gate::closed);
    driver.exited(worker(0, 3));
    CHECK(driver.waiting(k_queue) == 0);
    CHECK(driver.front_is<Starting>()); // launched behind that
    CHECK(driver.slot().unattended->since == k_start + 200ms);
}

TEST_CASE("a long queue is turned away in portions, and nobody starts in between") {
    Driver driver = served_alone();
    driver.exited(worker(0, 1));
    driver.wait_in(k_queue, 1000);
    fail_starts(driver, 9900ms);
    while (driver.waiting(k_queue) > 0) {
        const std::uint32_t before = driver.waiting(k_queue);
        driver.advance(1ms);
        CHECK(before - driver.waiting(k_queue) <= k_turned_away_a_turn);
        REQUIRE(driver.now() < k_start + 11s);
    }
    CHECK(driver.decider().turned_away() == 1000);
    CHECK(driver.orders().find("tell of 1000 lost by 0.9") != std::string::npos);
}

TEST_CASE("many slots share what one turn may turn away") {
    Driver driver = served_alone(4);
    for (std::uint16_t slot = 0; slot < 4; ++slot) {
        driver.wait_in(listener(slot, 1), 100);
        for (int i = 0; i < 9; ++i) {
            driver.exited(worker_of(driver.slot(slot).front)->id);
            for (int ms = 0; ms < 10000 && driver.front_is<Vacant>(slot); ++ms) {
                driver.advance(1ms);
            }
        }
    }
    driver.advance(60s);
    CHECK(driver.decider().turned_away() == 400);
}

TEST_CASE("where a gate cannot be closed, who comes is turned away again and again") {
    Driver driver = served_alone(1, {.can_show = false});
    driver.exited(worker(0, 1));
    fail_starts(driver, 12s);
    CHECK(driver.slot().gate == Gate::open);
    for (int i = 0; i < 20; ++i) {
        driver.wait_in(k_queue, 5);
        fail_starts(driver, 10s + 1s);
        CHECK(driver.waiting(k_queue) == 0);
    }
    CHECK(driver.decider().turned_away() == 100);
}

TEST_CASE("a drained slot and a stopping app turn nobody away") {
    Driver driver = served_alone(2);
    driver.wait_in(k_queue, 2);
    driver.exited(worker(0, 1));
    fail_starts(driver, 2s);
    SUBCASE("drained") {
        driver.drain(0);
    }
    SUBCASE("stopping") {
        driver.tell(StopRequested{});
    }
    fail_starts(driver, 60s);
    CHECK(driver.waiting(k_queue) == 2);
    CHECK(driver.decider().turned_away() == 0);
}

TEST_CASE("the next controller goes on with the time that has passed") {
    Driver driver = served_alone();
    driver.wait_in(k_queue, 2);
    driver.exited(worker(0, 1));
    fail_starts(driver, 8s);
    driver.replace_controller();
    CHECK(driver.slot().gate == Gate::closed);
    fail_starts(driver, 1900ms);
    CHECK(driver.waiting(k_queue) == 2);
    fail_starts(driver, 300ms);
    CHECK(driver.waiting(k_queue) == 0);
    driver.replace_controller();
    CHECK(driver.decider().turned_away() == 2);
    CHECK(driver.slot().turned_away == 2);
}

TEST_CASE(
    "what a retired worker has left behind is turned away when nobody can be started for it") {
    Driver driver = served_alone();
    driver.room(64_GiB);
    driver.recycle(0);
    driver.ready(worker(0, 2));
    driver.wait_in(k_queue, 4);
    driver.exited(worker(0, 1)); // in the middle of its drain
    for (int i = 0; i < 3000 && driver.slot().retiring; ++i) {
        driver.tell(IdleSeen{.listener = k_queue, .queued = driver.waiting(k_queue)});
        const WorkerId rest =
            driver.slot().retiring ? driver.slot().retiring->worker.id : worker(0, 1);
        if (rest.generation > 2) {
            driver.exited(rest);
        }
        driver.advance(10ms);
    }
    CHECK_FALSE(driver.slot().retiring);
    CHECK(driver.waiting(k_queue) == 0);
    CHECK(driver.decider().turned_away() == 4);
    CHECK(driver.front_is<Serving>());
}

TEST_CASE("who waits while no fresh listener can be opened for a broken one is turned away too") {
    Driver driver = served_alone();
    driver.wait_in(k_queue, 4);
    driver.forget_orders();
    driver.tell(WorkerExited{worker(0, 1), Ending::served,
                             ListenerAmiss{.listener = k_queue, .why = "it is bound to lo"}});
    for (const MonoTime end = driver.now() + 11s; driver.now() < end; driver.advance(10ms)) {
        if (driver.saw<OpenListener>()) {
            const ListenerId fresh = driver.last<OpenListener>().listener;
            driver.never_opened(fresh);
            driver.forget_orders();
            driver.tell(ListenerFailed{ListenerOrder::open, fresh, "no inode is left"});
        }
    }
    CHECK(driver.slot().listener == k_queue);
    CHECK(driver.waiting(k_queue) == 0);
    CHECK(driver.decider().turned_away() == 4);
}

TEST_CASE("the time of those who wait in a listener that is left behind does not begin anew") {
    Driver driver = served_alone();
    driver.wait_in(k_queue, 4);
    driver.exited(worker(0, 1));
    fail_starts(driver, 9s);
    driver.tell(ListenerAmiss{.listener = k_queue, .why = "it is bound to lo"});
    driver.advance(1100ms);
    for (; driver.waiting(k_queue) > 0 && driver.now() < k_start + 12s; driver.advance(10ms)) {
        const auto& retiring = driver.slot().retiring;
        if (retiring && std::holds_alternative<RetiringDraining>(retiring->phase)) {
            driver.exited(retiring->worker.id);
        }
    }
    CHECK(driver.decider().turned_away() == 4);
}
