// SPDX-License-Identifier: MIT
#include "recycler/control/progress.hpp"

#include "samples.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::control;
using namespace std::chrono_literals;

namespace {

WorkerStatus worker(std::uint32_t generation, WorkerState state) {
    WorkerStatus worker;
    worker.generation = generation;
    worker.pid = 4711;
    worker.state = state;
    return worker;
}

SlotStatus slot(SlotState state, std::optional<WorkerStatus> front) {
    SlotStatus slot;
    slot.slot = "7012";
    slot.state = state;
    slot.gate = Gate::open;
    slot.worker = std::move(front);
    return slot;
}

Progress told(const std::string& state, std::optional<std::string> note) {
    return {"7012", state, std::move(note)};
}

} // namespace

TEST_CASE("a drain names the request that it waits for, and what else it may wait for") {
    SlotStatus busy = slot(SlotState::serving, worker(3, WorkerState::draining));
    const Goal drain{Order::drain};
    CHECK(progress_of(drain, busy) ==
          told("draining", "until it is idle; Recycler cannot count its requests"));
    busy.worker->requests = {9, 1, 12900ms, "GET", "/report", {}};
    CHECK(progress_of(drain, busy) ==
          told("draining", "1 request in flight for 12 s: GET /report"));
    busy.worker->requests = {9, 2, 125s, {}, {}, {}};
    CHECK(progress_of(drain, busy) ==
          told("draining", "2 requests in flight, the oldest for 2 min 5 s"));
    busy.worker->requests = {9, 0, {}, {}, {}, {}};
    CHECK(progress_of(drain, busy) ==
          told("draining", "no request in flight; until nothing is queued or connected"));
    busy.worker->requests = {9, 0, {}, {}, {}, {}, 1};
    CHECK(progress_of(drain, busy) ==
          told("draining", "until a client closes the connection that it keeps open"));
    busy.worker->requests = {9, 0, {}, {}, {}, {}, 3};
    CHECK(progress_of(drain, busy) ==
          told("draining", "until clients close the 3 connections that they keep open"));
    CHECK(progress_of(drain, slot(SlotState::drained, worker(3, WorkerState::drained))) ==
          told("drained", std::nullopt));
}

TEST_CASE("a slot is not drained while the worker that it replaced works on") {
    SlotStatus both = slot(SlotState::drained, worker(3, WorkerState::draining));
    both.next = worker(4, WorkerState::drained);
    CHECK(progress_of({Order::drain}, both).state == "draining");
}

TEST_CASE("a recycle is done with a ready worker of a later generation and nothing less") {
    const Goal goal = recycle_goal(slot(SlotState::serving, worker(3, WorkerState::serving)));
    CHECK(goal.generation == 4);
    CHECK_FALSE(is_reached(goal, slot(SlotState::serving, worker(3, WorkerState::serving))));
    CHECK_FALSE(is_reached(goal, slot(SlotState::replacing, worker(4, WorkerState::starting))));
    CHECK_FALSE(is_reached(goal, slot(SlotState::empty, std::nullopt)));
    CHECK(progress_of(goal, slot(SlotState::serving, worker(4, WorkerState::serving))) ==
          told("recycled", "generation 4, pid 4711"));
    SlotStatus overlap = slot(SlotState::replacing, worker(3, WorkerState::draining));
    overlap.next = worker(4, WorkerState::serving);
    CHECK_FALSE(is_reached(goal, overlap));
}

TEST_CASE("a recycle asked for while one is under way wants the one after, unless none is ready") {
    CHECK(recycle_goal(slot(SlotState::replacing, worker(3, WorkerState::starting))).generation ==
          3);
    CHECK(recycle_goal(slot(SlotState::empty, std::nullopt)).generation == 0);
    SlotStatus overlap = slot(SlotState::replacing, worker(3, WorkerState::draining));
    overlap.next = worker(4, WorkerState::serving);
    CHECK(recycle_goal(overlap).generation == 5);
    overlap.worker->state = WorkerState::serving;
    overlap.next->state = WorkerState::starting;
    CHECK(recycle_goal(overlap).generation == 4);
}

TEST_CASE("a recycle says what it waits for") {
    const Goal goal{Order::recycle, 4};
    SlotStatus due = slot(SlotState::serving, worker(3, WorkerState::serving));
    due.due = Due{"operator", "another slot to become available"};
    CHECK(progress_of(goal, due) == told("waiting", "for another slot to become available"));
    SlotStatus starting = slot(SlotState::replacing, worker(3, WorkerState::serving));
    starting.next = worker(4, WorkerState::starting);
    CHECK(progress_of(goal, starting) ==
          told("starting", "generation 4, pid 4711 is not ready yet"));
    SlotStatus braked = slot(SlotState::braked, std::nullopt);
    braked.braked_until = samples::k_time;
    CHECK(progress_of(goal, braked) == told("braked", "no worker until 2026-01-09T11:44:38.250Z"));
    CHECK(progress_of(goal, slot(SlotState::empty, std::nullopt)) ==
          told("waiting", "for its next worker to start"));
}

TEST_CASE("an open slot is open when its gate is, a stopped one when nobody is left") {
    SlotStatus closed = slot(SlotState::replacing, worker(3, WorkerState::starting));
    closed.gate = Gate::closed;
    CHECK(progress_of({Order::open}, closed).state == "starting");
    closed.gate = Gate::open;
    CHECK(progress_of({Order::open}, closed).state == "open");
    CHECK(progress_of({Order::stop}, closed).state == "starting");
    CHECK(progress_of({Order::stop}, slot(SlotState::empty, std::nullopt)).state == "stopped");
}

TEST_CASE("only the words that end an order are last words") {
    for (const char* word : {"drained", "open", "recycled", "stopped"}) {
        CHECK(is_last_word(word));
    }
    for (const char* word : {"draining", "waiting", "starting", "stopping", "braked", ""}) {
        CHECK_FALSE(is_last_word(word));
    }
}
