// SPDX-License-Identifier: MIT
// From what is held of a worker that has ended to its record: what we ordered, what it was, what is
// known. How each kind of evidence is judged is tested in tests/unit/death.
#include "recycler/controller/evidence/end_record.hpp"

#include "recycler/keeper/ring/ring.hpp"
#include "recycler/keeper/ring/ring_reader.hpp"

#include <algorithm>
#include <csignal>
#include <doctest/doctest.h>
#include <span>

using namespace recycler;
using namespace recycler::controller;
using namespace std::chrono_literals;

namespace {

constexpr WallTime k_recorded_at{Duration(12h)};
constexpr MonoTime k_launched{Duration(1h)};
constexpr WorkerId k_dead{{12}, 3};

keeper::Exit killed_by(int signal) {
    return {.code = CLD_KILLED, .status = signal, .at = k_launched + 90s};
}
keeper::Exit left_with(int status) {
    return {.code = CLD_EXITED, .status = status, .at = k_launched + 90s};
}

struct Dead {
    explicit Dead(Life life) : loop(*systemd::EventLoop::create()) {
        worker.life = std::move(life);
        worker.launched_at = k_launched;
        worker.ready_at = k_launched + 1s;
        worker.pid = 4001;
    }
    control::Record examined() {
        return examine({.order = order,
                        .slot = "7012",
                        .worker = worker,
                        .policy = policy,
                        .app_ooms = {},
                        .why_no_sender = "nobody watched",
                        .kernel = kernel,
                        .now = k_recorded_at,
                        .mono_now = k_launched + 2min});
    }

    systemd::EventLoop loop;
    KernelWord kernel{loop, [] {}};
    slots::RecordEnd order{.worker = k_dead, .trigger = {}};
    LiveWorker worker;
    policies::Policy policy;
};

std::string value_of(const control::Record& record, const std::string& evidence) {
    const auto item = std::ranges::find(record.evidence, evidence, &control::EvidenceItem::name);
    return item == record.evidence.end() ? "" : item->value;
}

} // namespace

TEST_CASE("a record says which worker it was, how old it became and what it held") {
    Dead dead(Ended{.exit = killed_by(SIGSEGV)});
    dead.worker.born_under.memory_max = Bytes{900};
    dead.worker.last_sample = triggers::Sample{
        .at = k_launched + 80s, .bloat = Bytes{100}, .current = Bytes{120}, .peak = Bytes{200}};
    dead.worker.growth_per_request = 4096.0;
    const auto record = dead.examined();
    CHECK(record.kind == control::RecordKind::end);
    CHECK(record.verdict == "crashed");
    CHECK(record.slot == "7012");
    CHECK(record.generation == 3);
    CHECK(record.pid == 4001);
    CHECK(record.age == 90s);
    CHECK(record.at == k_recorded_at);
    CHECK(record.memory.bloat == Bytes{100});
    CHECK(record.memory.peak == Bytes{200});
    CHECK(record.memory.max == Bytes{900});
    CHECK(record.growth_bytes_per_request == 4096);
    CHECK_FALSE(record.trigger);
    CHECK_FALSE(record.requests); // nobody counted
}

TEST_CASE("what we ordered and sent is what it ended by, and what it did by itself is not") {
    SUBCASE("a recycle that it obeyed") {
        Dead dead(Ended{.exit = left_with(0)});
        dead.order = {.worker = k_dead, .order = slots::Order::recycle, .trigger = Trigger::age};
        dead.worker.sent.stop = SIGTERM;
        const auto record = dead.examined();
        CHECK(record.verdict == "recycled");
        CHECK(record.trigger == "age");
    }
    SUBCASE("a crash in the middle of it") {
        Dead dead(Ended{.exit = killed_by(SIGSEGV)});
        dead.order = {.worker = k_dead, .order = slots::Order::recycle, .trigger = Trigger::age};
        dead.worker.sent.stop = SIGTERM;
        CHECK(dead.examined().verdict == "crashed");
    }
    SUBCASE("the end of the app") {
        Dead dead(Ended{.exit = killed_by(SIGTERM)});
        dead.order = {.worker = k_dead, .order = slots::Order::stop, .trigger = {}};
        dead.worker.sent.stop = SIGTERM;
        CHECK(dead.examined().verdict == "stopped");
    }
    SUBCASE("a request that ran too long") {
        Dead dead(Ended{.exit = killed_by(SIGKILL)});
        dead.order = {.worker = k_dead, .order = slots::Order::hung, .trigger = Trigger::hung};
        dead.worker.sent = {.stop = SIGTERM, .kill = true};
        CHECK(dead.examined().verdict == "hung");
    }
    SUBCASE("a queue that it left standing") {
        Dead dead(Ended{.exit = killed_by(SIGKILL)});
        dead.order = {.worker = k_dead, .order = slots::Order::hung, .trigger = Trigger::stuck};
        dead.worker.sent = {.stop = SIGTERM, .kill = true};
        CHECK(dead.examined().verdict == "stuck");
    }
    SUBCASE("nothing") {
        Dead dead(Ended{.exit = left_with(3)});
        CHECK(dead.examined().verdict == "exited");
    }
}

TEST_CASE("an order that a controller before wrote down was sent by it") {
    Dead dead(Ended{.exit = killed_by(SIGKILL), .while_away = true});
    dead.order = {.worker = k_dead, .order = slots::Order::recycle, .trigger = Trigger::memory};
    const auto record = dead.examined(); // this one has sent nothing
    CHECK(record.verdict == "recycled");
    CHECK(record.trigger == "memory");
}

TEST_CASE("a start that failed is a record of its own kind, which names the step and its object") {
    Dead dead(NeverStarted{.failure = {"exec", ENOENT}});
    dead.worker.ready_at.reset();
    dead.worker.pid = 0;
    dead.policy.app.command = {"/usr/bin/no-such-worker"};
    const auto record = dead.examined();
    CHECK(record.kind == control::RecordKind::start_failure);
    CHECK(record.verdict == "start-failed");
    CHECK(record.sentence.find("/usr/bin/no-such-worker") != std::string::npos);
    CHECK_FALSE(record.pid);
    CHECK(record.age == 2min); // until now: it has no end of its own
}

TEST_CASE("one that was not ready in time is a start that failed, and says whom it turned away") {
    Dead dead(Ended{.exit = killed_by(SIGKILL)});
    dead.worker.ready_at.reset();
    dead.worker.sent.kill = true;
    dead.order = {
        .worker = k_dead, .order = slots::Order::start_timeout, .trigger = {}, .turned_away = 4};
    const auto record = dead.examined();
    CHECK(record.kind == control::RecordKind::start_failure);
    CHECK(record.verdict == "start-failed");
    CHECK(record.turned_away == 4);
}

TEST_CASE("the last lines that it wrote stand in its record, as many as the policy wants") {
    Dead dead(Ended{.exit = left_with(1)});
    auto ring = keeper::make_ring();
    REQUIRE(ring);
    std::uint64_t written = 0;
    const std::string text = "first\nsecond\nthird\n";
    REQUIRE(keeper::append_to_ring(ring->get(), written, std::as_bytes(std::span(text))) == 0);
    dead.worker.ring = std::move(*ring);
    dead.policy.report.stderr_lines = 2;
    CHECK(dead.examined().stderr_lines == std::vector<std::string>{"second", "third"});
}

TEST_CASE("who sent the signal is named if it fits the end, and else why nobody is") {
    Dead dead(Ended{.exit = killed_by(SIGKILL)});
    dead.worker.senders = {{.pid = 77, .comm = "kill", .signal = SIGKILL, .unit = {}, .uid = 0},
                           {.pid = 78, .comm = "top", .signal = SIGTERM, .unit = {}, .uid = 0}};
    const auto record = dead.examined();
    CHECK(record.verdict == "killed");
    CHECK(record.sentence.find("77") != std::string::npos);
    CHECK(record.sentence.find("78") == std::string::npos);
    dead.worker.senders.clear();
    const auto unnamed = dead.examined();
    CHECK(value_of(unnamed, "sender of the signal").find("nobody watched") != std::string::npos);
    CHECK(unnamed.sentence.find("77") == std::string::npos);
}

TEST_CASE("what is known of its core stands in its record once all is known") {
    Dead dead(
        Ended{.exit = killed_by(SIGSEGV), .core = CoreKnown(death::NoCore{"limits.core is 0"})});
    const auto record = dead.examined();
    CHECK(record.sentence.find("limits.core is 0") != std::string::npos);
}
