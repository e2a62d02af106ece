// SPDX-License-Identifier: MIT
// A morning like any other: the snapshot that the golden pages show, and a record of each kind.
#pragma once

#include "recycler/control/model/model.hpp"

namespace pages {

using namespace recycler;
using namespace std::chrono_literals;

// 2026-01-09T11:44:38Z
inline constexpr WallTime k_now{
    std::chrono::sys_days{std::chrono::year{2026} / 1 / 9}.time_since_epoch() + 11h + 44min + 38s};

inline control::Record oom_record() {
    control::Record record;
    record.verdict = "oom-worker";
    record.trigger = "memory";
    record.sentence =
        "The kernel ended it because it reached its own memory limit of 256 MiB while "
        "it was being drained.";
    record.next_step = "See what that request allocates; raise memory.max, or lower recycle.memory "
                       "so that such a worker is retired in time.";
    record.at = k_now - 3min;
    record.slot = "7003", record.generation = 3, record.pid = 30206;
    record.age = 2h + 3min + 4s;
    record.requests = 1386;
    record.in_flight = control::InFlight{"GET", "/report?month=1\x1b[2J", 12s};
    record.memory = {250_MiB, 256_MiB, 256_MiB};
    record.growth_bytes_per_request = 150'000;
    record.evidence = {{"signal", "SIGKILL"}, {"memory.events oom_kill", "1 (was 0)"}};
    record.stderr_lines = {"building report", "caf\xc3\xa9: 100%"};
    return record;
}

inline control::Record recycled_record() {
    control::Record record;
    record.verdict = "recycled", record.trigger = "age";
    record.sentence = "Retired for its age, idle.";
    record.at = k_now - 90min;
    record.slot = "7000", record.generation = 6;
    return record;
}

inline control::WorkerStatus worker(std::int32_t pid, Bytes bloat, std::uint64_t served) {
    control::WorkerStatus worker;
    worker.generation = 7, worker.pid = pid;
    worker.state = control::WorkerState::serving;
    worker.age = 2h;
    worker.memory.bloat = bloat;
    worker.memory.max = 256_MiB, worker.memory.recycle_at = 205_MiB;
    worker.requests.served = served, worker.requests.in_flight = 0;
    return worker;
}

inline control::SlotStatus slot(const std::string& port, control::SlotState state,
                                control::Gate gate) {
    control::SlotStatus slot;
    slot.slot = port;
    slot.address = "127.0.0.1:" + port;
    slot.state = state;
    slot.gate = gate;
    return slot;
}

inline control::SlotStatus long_request() {
    auto busy = slot("7001", control::SlotState::serving, control::Gate::open);
    busy.worker = worker(30202, 182_MiB, 1'234'567);
    busy.worker->age = 3 * 24h;
    busy.worker->requests.in_flight = 1;
    busy.worker->requests.oldest = 75s;
    busy.worker->requests.method = "POST";
    busy.worker->requests.uri = "/orders/export?format=csv&from=2025-01-01&to=2025-12-31";
    return busy;
}

inline control::SlotStatus handing_over() {
    auto replacing = slot("7002", control::SlotState::replacing, control::Gate::open);
    replacing.handover = control::HandoverMode::overlap;
    replacing.due = control::Due{"memory", "7001 to settle"};
    replacing.worker = worker(30204, 240_MiB, 900);
    replacing.worker->state = control::WorkerState::draining;
    replacing.next = worker(31999, 57_MiB, 0);
    replacing.next->generation = 8;
    replacing.next->state = control::WorkerState::starting;
    return replacing;
}

inline control::SlotStatus braked() {
    auto braked = slot("7003", control::SlotState::braked, control::Gate::closed);
    braked.braked_until = k_now + 22s;
    braked.last_end = oom_record();
    return braked;
}

// Nothing is known of its worker but that it is there.
inline control::SlotStatus unknown() {
    auto unknown = slot("7004", control::SlotState::drained, control::Gate::unavailable);
    unknown.worker.emplace().state = control::WorkerState::drained;
    return unknown;
}

inline control::Snapshot morning() {
    control::Snapshot snapshot;
    snapshot.app = "shop";
    snapshot.version = "0.1.0";
    snapshot.pid = 812, snapshot.keeper_pid = 811;
    snapshot.limitations = {"Gates cannot be closed because CAP_NET_RAW is missing: drain and "
                            "close are refused, overlap "
                            "and queue still work."};
    snapshot.totals = {
        25294, {{"age", 39}, {"memory", 150}}, {{"oom-worker", 1}, {"recycled", 189}}};
    auto calm = slot("7000", control::SlotState::serving, control::Gate::open);
    calm.worker = worker(30200, 57_MiB, 1386);
    calm.last_end = recycled_record();
    snapshot.slots = {calm, long_request(), handing_over(), braked(), unknown()};
    return snapshot;
}

} // namespace pages
