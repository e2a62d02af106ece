// SPDX-License-Identifier: MIT
// Operator calls: each is answered once, with done, refused or timed out, unless who asked has
// gone.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

TEST_CASE("drain closes the gate, and is done when the worker is idle and out of rotation") {
    Driver driver = serving();
    driver.drain(0);
    CHECK(driver.orders() == "hide 0/1");
    driver.busy(listener(0, 1));
    driver.queued(listener(0, 1));
    CHECK(driver.orders().empty());
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "answer 1 done");
    CHECK(driver.front_is<Drained>());
    driver.advance(1h);
    CHECK(driver.orders().empty());
}

TEST_CASE("drain with a timeout is answered when it runs out, and the gate stays closed") {
    Driver driver = serving();
    driver.tell(DrainRequested{.request = 1, .slots = {SlotId{0}}, .timeout = 30s});
    driver.forget_orders();
    driver.advance(30s - 1ms);
    CHECK(driver.orders().empty());
    driver.advance(1ms);
    CHECK(driver.orders() == "answer 1 timed out");
    CHECK(driver.slot().gate == Gate::closed);
    driver.idle(listener(0, 1));
    CHECK(driver.orders().empty());
    CHECK(driver.front_is<Drained>());
}

TEST_CASE("drain of several slots is done when all of them are") {
    Driver driver = serving(3);
    driver.tell(DrainRequested{.request = 1, .slots = first_slots(2)});
    CHECK(driver.orders() == "hide 0/1; hide 1/1");
    driver.idle(listener(0, 1));
    CHECK(driver.orders().empty());
    driver.idle(listener(1, 1));
    CHECK(driver.orders() == "answer 1 done");
}

TEST_CASE("drain of the last open gate is refused, and done with force") {
    Driver driver = serving(2);
    driver.tell(DrainRequested{.request = 1, .slots = first_slots(2)});
    CHECK(driver.orders() == "answer 1 refused");
    CHECK(driver.slot().gate == Gate::open);
    driver.tell(DrainRequested{.request = 2, .slots = {SlotId{0}}});
    driver.tell(DrainRequested{.request = 3, .slots = {SlotId{1}}});
    CHECK(driver.orders() == "hide 0/1; answer 3 refused");
    driver.tell(DrainRequested{.request = 4, .slots = {SlotId{1}}, .force = true});
    CHECK(driver.orders() == "hide 1/1");
}

TEST_CASE("drain is refused where a gate could not be opened again") {
    Driver driver = serving(2, Machine{.can_show = false});
    driver.tell(DrainRequested{.request = 1, .slots = {SlotId{0}}, .force = true});
    CHECK(driver.orders() == "answer 1 refused");
}

TEST_CASE("drain calls an overlap off that has not been steered yet") {
    Driver driver = serving();
    driver.recycle(0, 1);
    driver.forget_orders();
    driver.drain(0, 2);
    CHECK(driver.orders() == "close 0/2; kill 0.2; hide 0/1; answer 1 refused");
    driver.exited(worker(0, 2));
    CHECK(driver.orders() == "record 0.2 after cancel");
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "answer 2 done");
    driver.open(0, 3);
    CHECK(driver.shown() == std::set{listener(0, 1)});
}

TEST_CASE("drain of an overlap that was steered is done when the old worker has gone, too") {
    Driver driver = serving();
    driver.recycle(0, 1);
    driver.ready(worker(0, 2));
    driver.forget_orders();
    driver.drain(0, 2);
    CHECK(driver.orders() == "hide 0/1; hide 0/2; answer 1 refused");
    driver.idle(listener(0, 2));
    CHECK(driver.front_is<Drained>());
    CHECK(driver.orders().empty());
    driver.idle(listener(0, 1));
    driver.exited(worker(0, 1));
    CHECK(driver.orders() ==
          "stop 0.1; close 0/1; answer 2 done; record 0.1 after recycle for operator");
}

TEST_CASE("a recycle of several slots ends with the first whose replacement fails") {
    Driver driver = serving(3);
    driver.tell(RecycleRequested{.request = 1, .slots = first_slots(3)});
    REQUIRE(driver.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2");
    driver.exited(worker(0, 2));
    REQUIRE(driver.saw<Reply>());
    CHECK(driver.last<Reply>().slot == SlotId{0});
    CHECK(driver.last<Reply>().failed == worker(0, 2));
    CHECK(driver.last<Reply>().reason ==
          "the replacement did not become ready; the old worker "
          "goes on serving; Recycler stopped there and left 2 other slots as they are");
    CHECK(driver.orders().find("answer 1 refused") != std::string::npos);
    driver.advance(1min);
    CHECK_FALSE(driver.saw<Launch>());
}

TEST_CASE("a recycle that another call waits for goes on where one is refused") {
    Driver driver = serving(3);
    driver.tell(RecycleRequested{.request = 1, .slots = first_slots(3)});
    driver.tell(RecycleRequested{.request = 2, .slots = {SlotId{2}}});
    driver.forget_orders();
    driver.exited(worker(0, 2));
    REQUIRE(driver.saw<Reply>());
    CHECK(driver.last<Reply>().reason.ends_with(
        "; Recycler stopped there and left 1 other slot as it is"));
    driver.advance(1s);
    CHECK(driver.orders().find("launch 2.2") != std::string::npos);
}

TEST_CASE("drain of a parking worker lets it go on, drains it, and holds it") {
    Driver driver(policy_with(HandoverMode::queue), 2);
    driver.started();
    driver.recycle(0, 1);
    driver.forget_orders();
    driver.drain(0, 2);
    CHECK(driver.orders() == "unpark 0.1; thaw 0.1; hide 0/1; answer 1 refused");
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "answer 2 done");
}

TEST_CASE("drain of a starting slot closes its gate and drains the worker once it is ready") {
    Driver driver(policies::Policy{}, 2);
    driver.ready(worker(1, 1));
    driver.forget_orders();
    driver.drain(0);
    CHECK(driver.orders() == "hide 0/1");
    driver.ready(worker(0, 1));
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "answer 1 done");
}

TEST_CASE("open puts a drained worker back behind its gate") {
    Driver driver = serving();
    driver.drain(0, 1);
    driver.idle(listener(0, 1));
    driver.forget_orders();
    driver.open(0, 2);
    CHECK(driver.orders() == "show 0/1; answer 2 done");
    CHECK(driver.front_is<Serving>());
}

TEST_CASE("open while a drain is under way ends it, and the drain is refused") {
    Driver driver = serving();
    driver.drain(0, 1);
    driver.forget_orders();
    driver.open(0, 2);
    CHECK(driver.orders() == "show 0/1; answer 2 done; answer 1 refused");
}

TEST_CASE("open of a slot that serves changes nothing") {
    Driver driver = serving();
    driver.open(0, 1);
    CHECK(driver.orders() == "answer 1 done");
}

TEST_CASE("open of several slots is refused whole when one of them cannot be opened") {
    Driver driver = serving(3);
    driver.drain(0, 1);
    driver.drain(1, 2);
    driver.idle(listener(0, 1));
    driver.idle(listener(1, 1));
    driver.recycle(1, 3); // stops it
    driver.forget_orders();
    driver.tell(OpenRequested{4, first_slots(2)});
    CHECK(driver.orders() == "answer 4 refused");
    CHECK(driver.front_is<Drained>(0));
}

TEST_CASE("recycle of a slot whose worker is only starting is done when that one is ready") {
    Driver driver(policy_with(HandoverMode::overlap), 1);
    driver.forget_orders();
    driver.recycle(0);
    CHECK(driver.orders().empty());
    driver.ready(worker(0, 1));
    CHECK(driver.orders() == "answer 1 done");
}

TEST_CASE("recycle of a slot whose worker has just died is done when the next one is ready") {
    policies::Policy policy;
    policy.restart.burst = 0;
    Driver driver(policy);
    driver.started();
    driver.exited(worker(0, 1));
    driver.recycle(0);
    driver.advance(1s);
    driver.forget_orders();
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "answer 1 done");
}

TEST_CASE("two recycles of one slot are answered by one replacement, each once") {
    Driver driver = serving();
    driver.recycle(0, 1);
    driver.recycle(0, 2);
    driver.ready(worker(0, 2));
    driver.advance(10ms);
    driver.idle(listener(0, 1));
    driver.forget_orders();
    driver.exited(worker(0, 1));
    CHECK(driver.orders() ==
          "close 0/1; answer 1 done; answer 2 done; record 0.1 after recycle for operator");
}

TEST_CASE("recycle of a slot that is being drained to be held replaces it when it is idle") {
    Driver driver = serving();
    driver.drain(0, 1);
    driver.recycle(0, 2);
    driver.forget_orders();
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "stop 0.1");
    driver.exited(worker(0, 1));
    driver.ready(worker(0, 2));
    driver.idle(listener(0, 1));
    CHECK(driver.front_is<Drained>());
}

TEST_CASE("who has gone gets no answer, and what was asked goes on") {
    Driver driver = serving();
    driver.drain(0, 1);
    driver.tell(CallerGone{1});
    driver.forget_orders();
    driver.idle(listener(0, 1));
    CHECK(driver.orders().empty());
    CHECK(driver.front_is<Drained>());
}

TEST_CASE("once the app stops, every call is refused") {
    Driver driver = serving();
    driver.tell(StopRequested{});
    driver.forget_orders();
    driver.drain(0, 1);
    driver.open(0, 2);
    driver.recycle(0, 3);
    CHECK(driver.orders() == "answer 1 refused; answer 2 refused; answer 3 refused");
}

TEST_CASE("calls that wait when the app begins to stop are refused") {
    Driver driver = serving();
    driver.recycle(0, 1);
    driver.forget_orders();
    driver.tell(StopRequested{});
    CHECK(driver.orders() == "close 0/2; kill 0.2; hide 0/1; hide 1/1; answer 1 refused");
}

TEST_CASE("who asked for a recycle that cannot be begun is told why") {
    Driver driver = serving(HandoverMode::overlap, 1);
    driver.recycle(0, 7);
    driver.forget_orders();
    driver.tell(ListenerFailed{ListenerOrder::open, listener(0, 2), "no room"});
    REQUIRE(driver.saw<Reply>());
    CHECK(driver.last<Reply>().outcome == Outcome::refused);
    CHECK(driver.last<Reply>().reason.ends_with("goes on serving: no room"));
    CHECK_FALSE(driver.slot().due);
}
