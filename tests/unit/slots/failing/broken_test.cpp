// SPDX-License-Identifier: MIT
// Listeners through which nobody reaches their worker, or beside which no other can be put.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

ListenerAmiss shut(ListenerId id, std::uint32_t waited = 0) {
    return {.listener = id,
            .why = "its listener was shut down",
            .shut_down = true,
            .emptied = true,
            .waited = waited};
}
// A unix one: what waits in it can still be accepted.
ListenerAmiss shut_and_kept(ListenerId id) {
    return {.listener = id, .why = "its listener was shut down", .shut_down = true};
}
ListenerAmiss unjoinable(ListenerId id) {
    return {.listener = id, .why = "a filter was locked", .reached = true};
}

std::string told(const Driver& driver) {
    return driver.announced("trouble") ? driver.last<Announce>().text : std::string();
}

void ends_with(Driver& driver, WorkerId id, ListenerAmiss amiss, Ending ending = Ending::died) {
    driver.tell(WorkerExited{id, ending, std::move(amiss)});
}

// A recycle by queue, until the parked worker has been told to stop.
Driver stopping_by_queue(std::uint16_t slots = 1) {
    Driver driver = serving(HandoverMode::queue, slots);
    driver.recycle(0);
    driver.parked(listener(0, 1));
    driver.forget_orders();
    return driver;
}

} // namespace

TEST_CASE("a fresh listener takes the place at once, and the old worker works off what it has") {
    Driver driver = serving(1);
    driver.tell(shut_and_kept(listener(0, 1)));
    CHECK(told(driver) == "its listener was shut down; a fresh listener takes its place; what "
                          "waits in its queue is not lost");
    CHECK(driver.orders() == "open apart 0/2; show 0/2");
    CHECK(driver.shown().contains(listener(0, 2)));
    driver.advance(1ms);
    CHECK(driver.orders() == "launch 0.2 on 0/2");
    driver.advance(9ms);
    CHECK(driver.orders() == "hide 0/1");
    driver.ready(worker(0, 2));
    driver.advance(10ms);
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "stop 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "close 0/1; record 0.1 after recycle for listener");
    CHECK(driver.front_is<Serving>());
    CHECK(driver.slot().listener == listener(0, 2));
    CHECK_FALSE(driver.slot().broken);
}

TEST_CASE("what each look shows again is told once") {
    Driver driver = serving(HandoverMode::overlap, 1);
    driver.recycle(0);
    driver.ready(worker(0, 2));
    driver.advance(20ms);
    driver.busy(listener(0, 1)); // it retires: the next one must wait for it
    driver.forget_orders();
    for (int look = 0; look < 3; ++look) {
        driver.tell(shut(listener(0, 2)));
        CHECK(driver.announced("trouble") == (look == 0));
        CHECK(driver.orders().empty());
        driver.advance(1s);
        driver.forget_orders();
    }
    driver.idle(listener(0, 1));
    driver.exited(worker(0, 1));
    CHECK(driver.orders() ==
          "stop 0.1; close 0/1; open apart 0/3; show 0/3; record 0.1 after recycle for operator");
}

TEST_CASE("without the right to show it, the fresh one is shown from the start and steered to") {
    Driver driver = serving(1, {.can_show = false});
    driver.tell(shut(listener(0, 1)));
    CHECK(driver.orders() == "open 0/2; steer 0/2 to 1");
}

TEST_CASE(
    "a listener shut down by a worker that has ended is replaced, and its queue is told lost") {
    Driver driver = serving(1);
    ends_with(driver, worker(0, 1), shut(listener(0, 1), 3), Ending::left);
    CHECK(told(driver) == "its listener was shut down; a fresh listener takes its place; this lost "
                          "what waited in its queue: 3 at the last look");
    CHECK(driver.orders() == "open apart 0/2; show 0/2; close 0/1; record 0.1 after nothing");
    driver.advance(1ms);
    CHECK(driver.orders() == "launch 0.2 on 0/2");
}

TEST_CASE("what waits in one that can still be accepted from is served by one more worker") {
    Driver driver = serving(1);
    ends_with(driver, worker(0, 1), shut_and_kept(listener(0, 1)), Ending::left);
    CHECK(driver.orders() == "open apart 0/2; show 0/2; hide 0/1; record 0.1 after nothing");
    driver.advance(1ms);
    driver.forget_orders();
    driver.queued(listener(0, 1));
    CHECK(driver.orders() == "launch 0.3 on 0/1");
    driver.exited(worker(0, 3), Ending::left);
    driver.forget_orders();
    driver.advance(2s);
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "close 0/1");
}

TEST_CASE("an app whose worker shut its listener down when told to stop hands over by overlap") {
    Driver driver = stopping_by_queue(2);
    ends_with(driver, worker(0, 1), shut(listener(0, 1), 2));
    CHECK(told(driver).find("when it was asked to stop (from now on") != std::string::npos);
    CHECK(driver.orders() ==
          "open apart 0/2; show 0/2; close 0/1; record 0.1 after recycle for operator");
    driver.recycle(1, 2); // another slot of the app
    CHECK(driver.orders() == "open 1/2 beside 1/1; launch 1.2 on 1/2");
    driver.replace_controller();
    driver.forget_orders();
    driver.exited(worker(1, 2)); // what was learnt outlives the controller
    driver.recycle(1, 3);
    CHECK(driver.orders().find("open 1/3 beside 1/1; launch 1.3 on 1/3") != std::string::npos);
}

TEST_CASE("where memory admits no second worker such an app closes the gate instead") {
    Driver driver = stopping_by_queue(2);
    ends_with(driver, worker(0, 1), shut(listener(0, 1)));
    driver.advance(1ms);
    driver.ready(worker(0, 2));
    policies::Policy policy = policy_with(HandoverMode::automatic);
    driver.tell(PolicyChanged{policy, {}, {}, false});
    driver.room(std::nullopt);
    driver.advance(k_room_fresh + 1ms);
    driver.sampled(worker(1, 1), 10_MiB);
    driver.recycle(1, 2);
    driver.forget_orders();
    driver.tell(RoomSeen{Bytes{0}});
    CHECK(driver.orders().starts_with("hide 1/1"));
}

TEST_CASE("one that did so when it was retired by an overlap is no trouble, and a lesson") {
    Driver driver = serving(1);
    driver.recycle(0);
    driver.ready(worker(0, 2));
    driver.advance(20ms);
    driver.idle(listener(0, 1));
    driver.forget_orders();
    ends_with(driver, worker(0, 1), shut(listener(0, 1)));
    CHECK_FALSE(driver.announced("trouble"));
    CHECK(driver.orders() == "close 0/1; answer 1 done; record 0.1 after recycle for operator");
    policies::Policy policy = policy_with(HandoverMode::queue);
    driver.tell(PolicyChanged{policy, {}, {}, false});
    driver.recycle(0, 2);
    CHECK(driver.orders() == "open 0/3 beside 0/2; launch 0.3 on 0/3");
}

TEST_CASE(
    "behind a gate that was closed on purpose nothing is shown, and it opens on a fresh one") {
    Driver driver = serving(2);
    driver.drain(0);
    driver.advance(20ms);
    driver.idle(listener(0, 1));
    driver.forget_orders();
    driver.tell(shut(listener(0, 1)));
    CHECK_FALSE(driver.announced("trouble"));
    CHECK(driver.orders().empty());
    driver.open(0);
    CHECK(driver.orders() == "show 0/1; answer 1 done; open apart 0/2; show 0/2");
    driver.advance(1ms);
    CHECK(driver.orders() == "launch 0.2 on 0/2");
}

TEST_CASE(
    "a drained worker that ends with its listener shut down is followed behind a closed gate") {
    Driver driver = serving(2);
    driver.drain(0);
    driver.advance(20ms);
    driver.idle(listener(0, 1));
    driver.forget_orders();
    ends_with(driver, worker(0, 1), shut(listener(0, 1)));
    CHECK(driver.orders() == "open apart 0/2; close 0/1; record 0.1 after nothing");
    driver.advance(1ms);
    CHECK(driver.orders() == "launch 0.2 on 0/2");
    CHECK(driver.slot().gate == Gate::closed);
}

TEST_CASE("who was to join a listener that broke takes its place, ready or not") {
    Driver driver = serving(1);
    driver.recycle(0);
    driver.advance(10ms);
    driver.forget_orders();
    SUBCASE("while its worker lives") {
        driver.tell(shut(listener(0, 1)));
        CHECK(driver.orders() == "steer 0/2 to 1");
        driver.advance(10ms);
        CHECK(driver.orders() == "hide 0/1");
    }
    SUBCASE("when its worker has ended") {
        ends_with(driver, worker(0, 1), shut(listener(0, 1)));
        CHECK(driver.orders() ==
              "steer 0/2 to 1; close 0/1; record 0.1 after nothing for operator");
    }
    CHECK(driver.slot().listener == listener(0, 2));
    REQUIRE(driver.front_is<Starting>());
    driver.ready(worker(0, 2));
    CHECK(driver.front_is<Serving>());
}

TEST_CASE("a fresh one that cannot be opened leaves all as it was, and is tried again") {
    Driver driver = serving(1);
    driver.tell(shut_and_kept(listener(0, 1)));
    driver.forget_orders();
    driver.tell(ListenerFailed{ListenerOrder::open, listener(0, 2), "no room"});
    CHECK(told(driver) == "no room; a fresh listener could not be opened; Recycler tries again");
    CHECK(driver.orders().empty());
    REQUIRE(driver.front_is<Serving>());
    CHECK(driver.slot().listener == listener(0, 1));
    CHECK_FALSE(driver.slot().retiring);
    driver.advance(1s);
    CHECK(driver.orders() == "open apart 0/3; show 0/3");
}

TEST_CASE("a slot that has no listener left opens one as soon as it can") {
    Driver driver = serving(1);
    ends_with(driver, worker(0, 1), shut(listener(0, 1)));
    driver.forget_orders();
    driver.tell(ListenerFailed{ListenerOrder::open, listener(0, 2), "no room"});
    driver.advance(999ms);
    CHECK_FALSE(driver.saw<Launch>());
    driver.forget_orders();
    driver.advance(2ms);
    CHECK(driver.orders() == "open apart 0/3; show 0/3; close 0/2; launch 0.2 on 0/3");
}

TEST_CASE(
    "a fresh listener that was written down and not opened is opened by the next controller") {
    Driver driver = serving(1);
    ends_with(driver, worker(0, 1), shut(listener(0, 1)));
    driver.never_opened(listener(0, 2));
    driver.replace_controller();
    CHECK(driver.orders().starts_with("open apart 0/2; show 0/2"));
}

TEST_CASE("workers that break their listener one after another are braked") {
    Driver driver = serving(1);
    std::uint32_t launches = 0;
    std::uint32_t generation = 1;
    for (int round = 0; round < 200; ++round) {
        driver.tell(shut(driver.slot().listener));
        driver.advance(50ms);
        if (driver.saw<Launch>()) {
            ++launches;
            driver.ready(worker(0, ++generation));
        }
        driver.idle(listener(0, generation - 1));
        driver.exited(worker(0, generation - 1));
        driver.forget_orders();
    }
    CHECK(launches > 3);
    CHECK(launches < 15); // in ten seconds
}

TEST_CASE("one that nobody can join is replaced by way of a listener that stands apart") {
    Driver driver = serving(HandoverMode::queue, 1);
    driver.tell(unjoinable(listener(0, 1)));
    CHECK(driver.announced("trouble"));
    CHECK(driver.orders() == "open apart 0/2; launch 0.2 on 0/2");
    driver.tell(unjoinable(listener(0, 1)));
    CHECK(driver.orders().empty());
    SUBCASE("when its successor is ready") {
        driver.ready(worker(0, 2));
        CHECK(driver.orders() == "show 0/2");
        driver.advance(10ms);
        CHECK(driver.orders() == "hide 0/1");
    }
    SUBCASE("unless that cannot be shown") {
        driver.ready(worker(0, 2));
        driver.forget_orders();
        driver.tell(ListenerFailed{ListenerOrder::show, listener(0, 2), "no right"});
        CHECK(driver.orders() == "close 0/2; kill 0.2");
        CHECK(driver.slot().listener == listener(0, 1));
    }
    SUBCASE("and a successor that fails costs nothing") {
        driver.exited(worker(0, 2));
        CHECK(
            driver.orders() ==
            "close 0/2; open apart 0/3; launch 0.3 on 0/3; record 0.2 after nothing for listener");
        CHECK(driver.front_is<Serving>());
    }
}
