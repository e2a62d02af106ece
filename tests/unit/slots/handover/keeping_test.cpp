// SPDX-License-Identifier: MIT
// Kept connections that rest in workers: who has them when a worker leaves.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

constexpr Machine k_keeps{.keeps = true};

policies::Policy policy_that_keeps(HandoverMode handover) {
    policies::Policy policy = policy_with(handover);
    policy.app.keep_connections = policies::KeepConnections::automatic;
    return policy;
}

Driver keeping(HandoverMode handover, std::uint16_t slots = 3) {
    Driver driver(policy_that_keeps(handover), slots, k_keeps);
    driver.started();
    return driver;
}

// The listener's queue is empty, and all that its worker holds is so many that rest.
void rests(Driver& driver, ListenerId id, std::uint32_t count) {
    driver.tell(IdleSeen{.listener = id, .connections = count, .resting = count});
}

// The keeper refuses to move what stands in its channel.
void route_fails(Driver& driver, std::uint16_t slot) {
    driver.tell(ListenerFailed{ListenerOrder::route, listener(slot, 0), "keeper: full"});
}

} // namespace

TEST_CASE("in an overlap the old worker hands on before new connections are steered away") {
    Driver driver = keeping(HandoverMode::overlap);
    driver.recycle(0);
    driver.advance(1ms);
    driver.forget_orders();
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "what 0.2 keeps rests; what 0.1 keeps is handed on; steer 0/2 to 1");
    driver.advance(100ms);
    driver.forget_orders();
    rests(driver, listener(0, 1), 5);
    CHECK(driver.orders().empty());
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "stop 0.1");
}

TEST_CASE("a successor takes nothing before it is the front, and is killed without a look") {
    Driver driver = keeping(HandoverMode::overlap);
    driver.recycle(0);
    CHECK(driver.last<Launch>().resting == Resting::ended);
    driver.forget_orders();
    driver.tell(ListenerFailed{ListenerOrder::open, listener(0, 2), "no room"});
    CHECK(driver.orders() == "close 0/2; kill 0.2; answer 1 refused");
}

TEST_CASE("a front that is launched into its place takes at once") {
    Driver driver = keeping(HandoverMode::queue, 1);
    driver.recycle(0);
    driver.parked(listener(0, 1));
    driver.exited(worker(0, 1));
    CHECK(driver.last<Launch>().resting == Resting::allowed);
}

TEST_CASE("a successor that is given up after it became the front hands back what it has taken") {
    Driver driver = keeping(HandoverMode::overlap);
    driver.recycle(0);
    driver.advance(1ms);
    driver.ready(worker(0, 2));
    driver.forget_orders();
    SUBCASE("it has joined") {
        driver.tell(ListenerFailed{ListenerOrder::steer, listener(0, 2), "no room"});
        CHECK(driver.orders() == "what 0.1 keeps rests; what 0.2 keeps is handed on; hide 0/2; "
                                 "answer 1 refused");
    }
    SUBCASE("it stands apart") {
        driver.tell(ListenerFailed{ListenerOrder::show, listener(0, 2), "no right"});
        CHECK(driver.orders() ==
              "what 0.1 keeps rests; what 0.2 keeps is handed on; answer 1 refused");
    }
    driver.advance(100ms);
    driver.forget_orders();
    driver.tell(IdleSeen{.listener = listener(0, 2), .connections = 2, .resting = 1});
    CHECK(driver.orders().empty());
    driver.idle(listener(0, 2));
    CHECK(driver.orders() == "stop 0.2");
    driver.exited(worker(0, 2));
    CHECK(driver.orders().find("close 0/2") != std::string::npos);
}

TEST_CASE("in the queue handover a worker hands on before it parks, and the next one takes") {
    Driver driver = keeping(HandoverMode::queue, 1);
    driver.recycle(0);
    CHECK(driver.orders() == "what 0.1 keeps is handed on; park 0.1");
    rests(driver, listener(0, 1), 2);
    CHECK(driver.orders().empty());
    driver.parked(listener(0, 1));
    CHECK(driver.orders() == "stop 0.1");
    driver.exited(worker(0, 1));
    driver.ready(worker(0, 2));
    CHECK_FALSE(driver.saw<RouteChannel>());
    CHECK(driver.count<LetRest>() == 0);
}

TEST_CASE("behind a closed gate they go to the slots that serve") {
    Driver driver = keeping(HandoverMode::close);
    driver.recycle(1);
    CHECK(driver.orders() == "what 1.1 keeps is handed on; route 1 to 2 0; hide 1/1");
    driver.advance(1s);
    driver.forget_orders();
    driver.idle(listener(1, 1));
    CHECK(driver.orders() == "stop 1.1");
    driver.exited(worker(1, 1));
    driver.forget_orders();
    driver.ready(worker(1, 2));
    CHECK(driver.orders() ==
          "what 0.1 keeps rests but gives back 1/1; route 0 to 1; route 1 to itself; "
          "what 2.1 keeps rests but gives back 1/1; route 2 to 1; show 1/1; answer 1 done");
    driver.advance(k_hands_back - 1ms);
    CHECK_FALSE(driver.saw<RouteChannel>());
    driver.forget_orders();
    driver.advance(1ms);
    CHECK(driver.orders() == "what 0.1 keeps rests; route 0 to itself; what 2.1 keeps rests; "
                             "route 2 to itself");
}

TEST_CASE("a slot that leaves again gets nothing back, and one that leaves gives nothing back") {
    for (const std::uint16_t leaving : {std::uint16_t{0}, std::uint16_t{1}}) {
        CAPTURE(leaving);
        Driver driver = keeping(HandoverMode::overlap);
        driver.drain(0);
        driver.advance(1s);
        driver.open(0, 2);
        driver.forget_orders();
        driver.drain(leaving, 3);
        CHECK(driver.orders() ==
              (leaving == 0 ? "what 0.1 keeps is handed on; route 0 to 1 2; what 1.1 keeps rests; "
                              "route 1 to itself; what 2.1 keeps rests; route 2 to itself; hide 0/1"
                            : "what 1.1 keeps is handed on; route 1 to 2 0; hide 1/1"));
    }
}

TEST_CASE("slots that serve again get back what is theirs one after another") {
    Driver driver = keeping(HandoverMode::overlap);
    driver.drain(0);
    driver.drain(1, 2);
    driver.advance(1s);
    driver.open(0, 3);
    driver.open(1, 4);
    CHECK(driver.slot(2).route == ChannelRoute{.targets = {SlotId{0}}});
    CHECK(driver.slot(0).route == ChannelRoute{});
    driver.advance(k_hands_back);
    CHECK(driver.slot(2).route == ChannelRoute{.targets = {SlotId{1}}});
    CHECK(driver.slot(0).route == ChannelRoute{.targets = {SlotId{1}}});
    CHECK(driver.slot(1).route == ChannelRoute{});
    driver.advance(k_hands_back);
    for (std::uint16_t slot = 0; slot < 3; ++slot) {
        CHECK(driver.slot(slot).route == ChannelRoute{});
    }
}

TEST_CASE("a worker takes the connections back that the keeper does not move to their own slot") {
    Driver driver = keeping(HandoverMode::overlap, 2);
    driver.drain(0);
    driver.advance(1s);
    driver.open(0, 2);
    driver.forget_orders();
    route_fails(driver, 1);
    CHECK(driver.orders() == "what 1.1 keeps rests; route 1 to itself");
    driver.forget_orders();
    driver.advance(2 * k_hands_back);
    CHECK(driver.orders().empty());
}

TEST_CASE("a slot whose worker is not there any more gets none from elsewhere") {
    Driver driver = keeping(HandoverMode::overlap);
    driver.drain(0);
    driver.forget_orders();
    driver.exited(worker(2, 1));
    CHECK(driver.orders().find("route 0 to 1;") != std::string::npos);
    driver.forget_orders();
    driver.ready(worker(2, 2));
    CHECK(driver.orders() == "route 0 to 1 2");
}

TEST_CASE("a drained worker keeps again when its slot is opened") {
    Driver driver = keeping(HandoverMode::overlap, 2);
    driver.drain(0);
    CHECK(driver.orders() == "what 0.1 keeps is handed on; route 0 to 1; hide 0/1");
    driver.advance(1s);
    driver.idle(listener(0, 1));
    REQUIRE(driver.front_is<Drained>());
    driver.forget_orders();
    driver.open(0, 2);
    CHECK(driver.orders() ==
          "what 0.1 keeps rests; route 0 to itself; what 1.1 keeps rests but gives back 0/1; "
          "route 1 to 0; show 0/1; answer 2 done");
}

TEST_CASE("where no other slot serves, what rests is closed and its clients come again") {
    Driver driver = keeping(HandoverMode::overlap, 2);
    driver.drain(0);
    driver.forget_orders();
    driver.drain(1, 2);
    CHECK(driver.orders() ==
          "what 0.1 keeps is ended; route 0 to nobody; what 1.1 keeps is ended; route 1 to nobody; "
          "hide 1/1");
}

TEST_CASE("what the keeper cannot move waits for the slot's next worker, and no more comes") {
    Driver driver = keeping(HandoverMode::close);
    driver.recycle(1);
    driver.forget_orders();
    route_fails(driver, 1);
    CHECK(driver.orders() == "what 1.1 keeps is ended; route 1 to itself");
    driver.forget_orders();
    route_fails(driver, 1); // that order cannot be carried out either
    CHECK(driver.orders().empty());
    driver.idle(listener(1, 1));
    driver.exited(worker(1, 1));
    driver.ready(worker(1, 2));
    driver.forget_orders();
    driver.advance(10s);
    driver.recycle(1, 2); // another time it may
    CHECK(driver.orders().find("route 1 to 2 0") != std::string::npos);
}

TEST_CASE("what the keeper cannot move out of a drained slot is closed") {
    Driver driver = keeping(HandoverMode::overlap);
    driver.drain(0);
    driver.forget_orders();
    route_fails(driver, 0);
    CHECK(driver.orders() == "what 0.1 keeps is ended; route 0 to nobody");
}

TEST_CASE("an app that stops closes what rests in its workers") {
    Driver driver = keeping(HandoverMode::overlap, 2);
    driver.tell(StopRequested{});
    CHECK(driver.orders() ==
          "what 0.1 keeps is ended; route 0 to nobody; what 1.1 keeps is ended; route 1 to nobody; "
          "hide 0/1; hide 1/1");
}

TEST_CASE("what a worker cannot hand on for long is closed, unless a request holds it up") {
    Driver driver = keeping(HandoverMode::queue, 1);
    driver.recycle(0);
    driver.forget_orders();
    const auto busy = IdleSeen{.listener = listener(0, 1), .connections = 3, .resting = 2};
    driver.tell(busy);
    driver.advance(5s);
    driver.tell(busy);
    CHECK(driver.count<LetRest>() == 0);
    rests(driver, listener(0, 1), 2);
    driver.advance(k_hands_on - 1ms);
    rests(driver, listener(0, 1), 2);
    CHECK(driver.count<LetRest>() == 0);
    driver.advance(1ms);
    rests(driver, listener(0, 1), 2);
    REQUIRE(driver.count<LetRest>() == 1);
    CHECK(driver.last<LetRest>().resting == Resting::ended);
}

TEST_CASE("a policy that keeps none any more lets each end with its answer, and none begins") {
    Driver driver = keeping(HandoverMode::overlap, 2);
    policies::Policy policy = driver.decider().policy();
    policy.app.keep_connections = policies::KeepConnections::off;
    driver.tell(PolicyChanged{policy, {}, {}, false});
    CHECK(driver.orders() == "what 0.1 keeps rests no more; route 0 to nobody; "
                             "what 1.1 keeps rests no more; route 1 to nobody");
    driver.recycle(0);
    driver.forget_orders();
    driver.ready(worker(0, 2));
    CHECK(driver.orders().find("what 0.1 keeps is ended") == 0); // it leaves
    policy.app.keep_connections = policies::KeepConnections::automatic;
    driver.forget_orders();
    driver.tell(PolicyChanged{policy, {}, {}, false});
    // 0.2, which takes the place of 0.1, cannot take.
    CHECK(driver.orders() == "route 0 to itself; what 1.1 keeps rests; route 1 to itself");
}
