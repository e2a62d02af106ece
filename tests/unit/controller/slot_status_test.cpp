// SPDX-License-Identifier: MIT
// What `status` shows of a slot, from what the decider decided and what is held of its workers.
#include "recycler/controller/calls/slot_status.hpp"

#include "recycler/death/verdict.hpp"
#include "tests/unit/events/kept_in_memory.hpp"
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::controller;
using namespace std::chrono_literals;
using control::SlotState;
using control::WorkerState;

namespace {

constexpr WallTime k_shown_at{Duration(12h)};

struct ShownApp {
    explicit ShownApp(policies::HandoverMode handover = policies::HandoverMode::overlap,
                      std::uint16_t count = 1)
        : loop(*systemd::EventLoop::create()), driver(slots::policy_with(handover), count) {
        hold(slots::worker(0, 1), 4001);
    }

    LiveWorker& hold(WorkerId id, pid_t pid) {
        LiveWorker& held = workers[id];
        held.pid = pid;
        held.life = Running{.execed_at = driver.now()};
        return held;
    }
    control::SlotStatus shown() {
        const Scene scene{.decider = driver.decider(),
                          .workers = workers,
                          .slots = slots,
                          .event_log = log,
                          .recycle_at = Bytes{500},
                          .can_show = can_show,
                          .now = driver.now(),
                          .wall_now = k_shown_at};
        return slot_status(scene, driver.slot());
    }

    systemd::EventLoop loop;
    events::Archive archive;
    events::EventLog log{loop, std::make_unique<events::KeptInMemory>(archive), "keeper"};
    SlotTable slots{{policies::TcpAddress{"127.0.0.1", 7000}, policies::TcpAddress{"::1", 7001}}};
    slots::Driver driver;
    LiveWorkers workers;
    bool can_show = true;
};

} // namespace

TEST_CASE("a slot is shown by its name and address, and its first worker as starting") {
    ShownApp app;
    const auto shown = app.shown();
    CHECK(shown.slot == "7000");
    CHECK(shown.address == "127.0.0.1:7000");
    CHECK(shown.state == SlotState::replacing);
    REQUIRE(shown.worker);
    CHECK(shown.worker->state == WorkerState::starting);
    CHECK(shown.worker->generation == 1);
    CHECK(shown.worker->pid == 4001);
    CHECK_FALSE(shown.next);
    CHECK_FALSE(shown.last_end);
}

TEST_CASE("what is not known of a worker is left out, and never 0") {
    ShownApp app;
    app.workers.at(slots::worker(0, 1)).pid = 0;
    const auto shown = app.shown();
    REQUIRE(shown.worker);
    CHECK_FALSE(shown.worker->pid);
    CHECK_FALSE(shown.worker->cgroup);
    CHECK_FALSE(shown.worker->memory.bloat);
    CHECK_FALSE(shown.worker->memory.max);
    CHECK_FALSE(shown.worker->requests.served);
    app.workers.clear(); // the keeper has forgotten it
    CHECK_FALSE(app.shown().worker);
}

TEST_CASE("a worker that serves is shown with its age, its memory and what it is retired at") {
    ShownApp app;
    app.driver.started();
    app.driver.advance(3s);
    LiveWorker& held = app.workers.at(slots::worker(0, 1));
    held.born_under.memory_max = Bytes{900};
    held.last_sample = triggers::Sample{
        .at = app.driver.now(), .bloat = Bytes{100}, .current = Bytes{120}, .peak = Bytes{200}};
    const auto shown = app.shown();
    CHECK(shown.state == SlotState::serving);
    CHECK(shown.gate == control::Gate::open);
    REQUIRE(shown.worker);
    CHECK(shown.worker->state == WorkerState::serving);
    CHECK(shown.worker->age >= 3s);
    CHECK(shown.worker->started_at == k_shown_at - *shown.worker->age);
    CHECK(shown.worker->memory.bloat == Bytes{100});
    CHECK(shown.worker->memory.peak == Bytes{200});
    CHECK(shown.worker->memory.max == Bytes{900});
    CHECK(shown.worker->memory.recycle_at == Bytes{500});
}

TEST_CASE("in an overlap the old worker is shown with the one that takes its place") {
    ShownApp app;
    app.driver.room(Bytes{std::uint64_t{1} << 40});
    app.driver.started();
    app.driver.recycle(0);
    app.hold(slots::worker(0, 2), 4002);
    auto shown = app.shown();
    CHECK(shown.state == SlotState::replacing);
    CHECK(shown.handover == control::HandoverMode::overlap);
    REQUIRE(shown.worker);
    REQUIRE(shown.next);
    CHECK(shown.worker->generation == 1);
    CHECK(shown.next->generation == 2);
    CHECK(shown.next->state == WorkerState::starting);
    app.driver.ready(slots::worker(0, 2)); // the front is the new one from here on
    shown = app.shown();
    REQUIRE(shown.worker);
    REQUIRE(shown.next);
    CHECK(shown.worker->generation == 1);
    CHECK(shown.worker->state == WorkerState::draining);
    CHECK(shown.next->generation == 2);
    CHECK(shown.next->state == WorkerState::serving);
}

TEST_CASE("a handover by queue parks, and one behind a closed gate drains") {
    SUBCASE("queue") {
        ShownApp app(policies::HandoverMode::queue);
        app.driver.started();
        app.driver.recycle(0);
        CHECK(app.shown().handover == control::HandoverMode::queue);
        CHECK(app.shown().worker->state == WorkerState::parked);
        CHECK(app.shown().gate == control::Gate::open);
    }
    SUBCASE("close") {
        ShownApp app(policies::HandoverMode::close, 2);
        app.driver.started();
        app.driver.recycle(0);
        CHECK(app.shown().handover == control::HandoverMode::close);
        CHECK(app.shown().worker->state == WorkerState::draining);
        CHECK(app.shown().gate == control::Gate::closed);
    }
}

TEST_CASE("a drained slot says so, and a gate that could never be opened again is unavailable") {
    ShownApp app;
    app.driver.started();
    app.can_show = false;
    CHECK(app.shown().gate == control::Gate::unavailable);
    app.can_show = true;
    app.driver.drain(0);
    app.driver.advance(20ms);
    app.driver.idle(slots::listener(0, 1));
    const auto shown = app.shown();
    CHECK(shown.state == SlotState::drained);
    CHECK(shown.gate == control::Gate::closed);
    CHECK(shown.worker->state == WorkerState::drained);
}

TEST_CASE("a slot whose worker died has none, says how that ended, and until when it is braked") {
    ShownApp app;
    app.driver.started();
    for (std::uint32_t generation = 1; !slots::held_until(app.driver.slot(), app.driver.now());
         ++generation) {
        REQUIRE(generation < 50);
        app.driver.ready(slots::worker(0, generation));
        app.driver.exited(slots::worker(0, generation));
    }
    app.log.record({.verdict = "crashed", .trigger = {}, .sentence = "x", .slot = "7000"});
    const auto shown = app.shown();
    CHECK(shown.state == SlotState::braked);
    CHECK_FALSE(shown.worker);
    REQUIRE(shown.braked_until);
    CHECK(*shown.braked_until > k_shown_at);
    REQUIRE(shown.last_end);
    CHECK(shown.last_end->verdict == "crashed");
}

TEST_CASE("the totals hold what ended workers served, by trigger and by verdict") {
    ShownApp app;
    app.driver.started();
    app.driver.exited(slots::worker(0, 1));
    app.driver.recorded(slots::worker(0, 1), 17,
                        static_cast<std::uint8_t>(death::Verdict::crashed));
    const auto totals = totals_of(app.driver.decider(), app.workers);
    CHECK(totals.requests == 17);
    CHECK(totals.ends.at("crashed") == 1);
    CHECK(totals.recycles.empty());
}

TEST_CASE("a slot whose listener is gone and cannot be opened anew says what failed") {
    ShownApp app;
    app.driver.started();
    CHECK_FALSE(app.shown().trouble);
    app.driver.tell(
        slots::ListenerAmiss{.listener = slots::listener(0, 1), .why = "it was removed"});
    app.driver.tell(
        slots::ListenerFailed{slots::ListenerOrder::open, slots::listener(0, 2), "gone"});
    CHECK(app.shown().trouble == "gone");
}

TEST_CASE("a slot whose gate does not open says why") {
    ShownApp app;
    app.driver.started();
    app.driver.tell(
        slots::ListenerFailed{slots::ListenerOrder::show, slots::listener(0, 1), "gone"});
    const auto shown = app.shown();
    CHECK(shown.trouble == "gone");
    CHECK(shown.gate == control::Gate::closed);
}
