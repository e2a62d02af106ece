// SPDX-License-Identifier: MIT
// Which handover is chosen, from facts alone and in a decider that learns them.
#include "tests/unit/slots/driver/serving.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

template <typename Kind>
bool chooses(const Situation& situation) {
    return std::holds_alternative<Kind>(choose_handover(situation));
}

std::string waits_for(const Situation& situation) {
    const Handover handover = choose_handover(situation);
    const auto* wait = std::get_if<Wait>(&handover);
    return wait == nullptr ? "nothing" : wait->reason;
}

// One slot of two in `auto`, its start learned, with a recycle asked for and this much room seen.
Driver automatic(Duration start, Bytes room) {
    Driver driver(policies::Policy{}, 2);
    driver.started(start);
    driver.sampled(worker(0, 1), 60_MiB);
    driver.sampled(worker(1, 1), 60_MiB);
    driver.recycle(0);
    CHECK(driver.saw<LookRoom>());
    driver.forget_orders();
    driver.tell(RoomSeen{room});
    return driver;
}

} // namespace

TEST_CASE("a configured mode is followed") {
    CHECK(chooses<Overlap>({.configured = HandoverMode::overlap}));
    CHECK(chooses<Queue>({.configured = HandoverMode::queue}));
    CHECK(chooses<Close>({.configured = HandoverMode::close}));
}

TEST_CASE("auto overlaps when there is room, else queues a short start, else closes") {
    CHECK(chooses<Overlap>({.learned_start = 30s}));
    CHECK(chooses<Queue>({.room = false, .learned_start = 1s}));
    CHECK(chooses<Close>({.room = false, .learned_start = 1001ms}));
    CHECK(chooses<Queue>({.room = false, .learned_start = 300ms, .learned_stop = 700ms}));
    CHECK(chooses<Close>({.room = false, .learned_start = 300ms, .learned_stop = 701ms}));
    CHECK(chooses<Close>({.room = false, .learned_start = std::nullopt}));
}

TEST_CASE("when memory.max comes in less than twice the learned start, the gate closes first") {
    CHECK(chooses<OverlapBehindClosedGate>({.learned_start = 5s, .until_max = 9999ms}));
    CHECK(chooses<Overlap>({.learned_start = 5s, .until_max = 10s}));
    CHECK(chooses<Overlap>({.learned_start = std::nullopt, .until_max = 1s}));
    CHECK(chooses<OverlapBehindClosedGate>(
        {.configured = HandoverMode::overlap, .learned_start = 5s, .until_max = 1s}));
}

TEST_CASE("the gate does not close first when that would break a promise") {
    const Situation runs_away{.learned_start = 5s, .until_max = 1s};
    Situation s = runs_away;
    s.last_open = true;
    CHECK(chooses<Overlap>(s));
    s = runs_away;
    s.budget = false;
    CHECK(chooses<Overlap>(s));
    s = runs_away;
    s.settling = true;
    CHECK(chooses<Overlap>(s));
    s = runs_away;
    s.can_show = false;
    CHECK(chooses<Overlap>(s));
}

TEST_CASE("what closes or parks waits for the budget, and what closes for settling") {
    CHECK(waits_for({.configured = HandoverMode::close, .budget = false})
              .starts_with("another slot to become available"));
    CHECK(waits_for({.configured = HandoverMode::queue, .budget = false})
              .starts_with("another slot to become available"));
    CHECK(waits_for({.configured = HandoverMode::close, .settling = true})
              .starts_with("traffic on the slot"));
    CHECK(waits_for({.configured = HandoverMode::queue, .settling = true}) == "nothing");
}

TEST_CASE("the last open gate and a gate that could not be shown again are never closed") {
    CHECK(chooses<Queue>({.configured = HandoverMode::close, .last_open = true}));
    CHECK(chooses<Queue>({.configured = HandoverMode::close, .can_show = false}));
    CHECK(chooses<Queue>({.last_open = true, .room = false, .learned_start = 30s}));
}

TEST_CASE("without the recorder nothing parks: it overlaps, one predecessor at a time") {
    CHECK(chooses<Overlap>({.configured = HandoverMode::queue, .parkable = false}));
    CHECK(waits_for({.configured = HandoverMode::queue, .parkable = false, .predecessor = true}) ==
          "the previous worker to finish its last requests");
}

TEST_CASE("an overlap waits for the predecessor; auto takes another way meanwhile") {
    CHECK(waits_for({.configured = HandoverMode::overlap, .predecessor = true}) ==
          "the previous worker to finish its last requests");
    CHECK(chooses<Queue>({.predecessor = true, .learned_start = 200ms}));
}

TEST_CASE("in auto a decider looks for room first and overlaps when a second worker fits") {
    CHECK(automatic(200ms, 60_MiB).orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2");
}

TEST_CASE("without room a decider parks a worker that starts fast") {
    CHECK(automatic(1s, 59_MiB).orders() == "park 0.1");
}

TEST_CASE("without room a decider closes the gate of a worker that starts slowly") {
    CHECK(automatic(1001ms, 59_MiB).orders() == "hide 0/1");
}

TEST_CASE("room that one overlap takes is gone for the next") {
    policies::Policy policy;
    policy.capacity.max_unavailable = 2u;
    Driver driver(policy, 3);
    driver.started();
    for (std::uint16_t slot = 0; slot < 3; ++slot) {
        driver.sampled(worker(slot, 1), 60_MiB);
    }
    driver.tell(RecycleRequested{1, first_slots(2)});
    driver.forget_orders();
    driver.tell(RoomSeen{100_MiB});
    CHECK(driver.orders() == "open 0/2 beside 0/1; launch 0.2 on 0/2");
    CHECK(driver.waits_for(1) == k_waits_for_room);
}

TEST_CASE("a worker that starts keeps its room until it has taken it") {
    policies::Policy policy = policy_with(HandoverMode::overlap);
    policy.capacity.max_unavailable = 3u;
    Driver driver(policy, 3);
    driver.started();
    for (std::uint16_t slot = 0; slot < 3; ++slot) {
        driver.sampled(worker(slot, 1), 60_MiB, k_warm);
    }
    driver.room(110_MiB);
    driver.recycle(0, 1);
    CHECK(driver.slot(0).successor);
    driver.advance(1s);
    driver.recycle(1, 2); // the look shows what is free, but not whose it is
    CHECK(driver.waits_for(1) == k_waits_for_room);
    driver.room(std::nullopt);
    driver.advance(1s);
    driver.tell(RoomSeen{.room = 69_MiB, .starting = {{worker(0, 2), 50_MiB}}});
    CHECK(driver.waits_for(1) == k_waits_for_room); // 10 MiB are missing still
    driver.advance(1s);
    driver.tell(RoomSeen{.room = 70_MiB, .starting = {{worker(0, 2), 50_MiB}}});
    CHECK(driver.slot(1).successor);
}

TEST_CASE("a worker that is ready keeps room for what its first requests will load") {
    const auto overlaps_with = [](Bytes room) {
        Driver driver(policy_with(HandoverMode::overlap), 2);
        driver.started();
        driver.sampled(worker(0, 1), 50_MiB);
        driver.sampled(worker(0, 1), 60_MiB, 3); // what a worker needs
        driver.sampled(worker(1, 1), 50_MiB, 1); // it has not taken all of it yet
        driver.room(room);
        driver.recycle(0);
        return driver.slot(0).successor.has_value();
    };
    CHECK_FALSE(overlaps_with(69_MiB));
    CHECK(overlaps_with(70_MiB));
}

TEST_CASE("the most that a worker has while it starts is what the next one needs") {
    Driver driver(policy_with(HandoverMode::overlap), 1);
    driver.started();
    driver.tell(WorkerSampled{worker(0, 1),
                              {.at = driver.now(),
                               .bloat = 40_MiB,
                               .current = 70_MiB, // 30 MiB of it are page cache
                               .peak = 120_MiB}});
    CHECK(Bytes{driver.decider().learned().start_cost} == 90_MiB);
    driver.room(89_MiB);
    driver.recycle(0);
    CHECK(driver.orders() == "park 0.1");
}

TEST_CASE("as long as no worker has become ready, each may need memory.max") {
    const auto overlaps_with = [](Bytes room) {
        policies::Policy policy = policy_with(HandoverMode::overlap);
        policy.memory.max = 100_MiB;
        Driver driver(policy, 2);
        driver.advance(200ms);
        driver.ready(worker(0, 1)); // not looked at yet
        driver.room(room);          // for itself, for its neighbour, and for its successor
        driver.recycle(0);
        return driver.slot(0).successor.has_value();
    };
    CHECK_FALSE(overlaps_with(299_MiB));
    CHECK(overlaps_with(300_MiB));
}

TEST_CASE("without room an overlap waits for others that will make some, then gives way") {
    const Situation crowded{.configured = HandoverMode::overlap,
                            .room = false,
                            .room_will_come = true,
                            .learned_start = 200ms};
    CHECK(waits_for(crowded) == k_waits_for_room);
    Situation s = crowded;
    s.room_will_come = false;
    CHECK(chooses<Queue>(s));
    s.learned_start = 30s;
    CHECK(chooses<Close>(s));
    s.last_open = true;
    CHECK(chooses<Queue>(s));
    s.parkable = false; // then only a worker beside it could follow
    CHECK(waits_for(s) == k_waits_for_room);
}

TEST_CASE("a worker that would be out of memory before there is room waits for none") {
    CHECK(chooses<Queue>(
        {.room = false, .room_will_come = true, .learned_start = 200ms, .until_max = 399ms}));
}

TEST_CASE(
    "a worker that runs into memory.max is taken out of rotation before its successor starts") {
    Driver driver = running_towards_max();
    driver.sampled(worker(0, 1), 200_MiB); // 100 MiB a second: 560 ms to go
    CHECK(driver.orders() == "hide 0/1; open hidden 0/2; launch 0.2 on 0/2");
    driver.advance(5s);
    driver.forget_orders();
    driver.ready(worker(0, 2));
    CHECK(driver.orders() == "show 0/2");
    driver.idle(listener(0, 1));
    CHECK(driver.orders() == "stop 0.1");
    driver.exited(worker(0, 1));
    CHECK(driver.orders() == "close 0/1; record 0.1 after recycle for memory");
}

TEST_CASE("when a successor behind a closed gate fails, the old worker's gate opens again") {
    policies::Policy policy = policy_with(HandoverMode::overlap);
    policy.recycle.memory = 200_MiB;
    policy.memory.max = 256_MiB;
    policy.restart.burst = 0;
    Driver driver(policy, 2);
    driver.started(5s);
    driver.sampled(worker(0, 1), 100_MiB);
    driver.advance(1s);
    driver.sampled(worker(0, 1), 200_MiB);
    driver.forget_orders();
    driver.exited(worker(0, 2));
    CHECK(driver.orders() == "close 0/2; show 0/1; record 0.2 after nothing for memory");
    CHECK(driver.waits_for() == "the crash-loop brake: the last replacements failed");
}
