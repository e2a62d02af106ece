// SPDX-License-Identifier: MIT
// One value of each kind with every member set, and one with as little as there can be.
#pragma once

#include "recycler/control/model/calls.hpp"

namespace samples {

using namespace recycler;
using namespace std::chrono_literals;

// 2026-01-09T11:44:38.250Z
inline constexpr WallTime k_time{1'767'959'078'250ms};

inline control::Record full_record() {
    control::Record record;
    record.kind = control::RecordKind::start_failure;
    record.verdict = "oom-worker";
    record.cause = "memory.max";
    record.trigger = "memory";
    record.sentence = "The kernel ended it at its own limit.";
    record.next_step = "Raise memory.max.";
    record.at = k_time;
    record.slot = "7012";
    record.generation = 3;
    record.pid = 30200;
    record.age = 7384500ms;
    record.requests = 1386;
    record.turned_away = 4;
    record.in_flight = control::InFlight{"GET", "/report?x=1", 12s};
    record.unserved = 61500ms;
    record.memory = {Bytes{200}, Bytes{250}, Bytes{256}};
    record.growth_bytes_per_request = -12;
    record.evidence = {{"oom_kill", "1"}, {"signal", "SIGKILL"}};
    record.stderr_lines = {"first", "second"};
    record.requests_cut = 3;
    record.last_requests = {{"GET", "/report?x=1", 12s, "cut-off", 1},
                            {std::nullopt, std::nullopt, std::nullopt, "cut-off", 2}};
    record.spare = 5;
    return record;
}

inline control::Blame full_blame() {
    control::Blame blame;
    blame.app = "shop";
    blame.since = k_time;
    blame.workers = 20;
    blame.unseen_workers = 1;
    blame.unseen = "7001 was started by an earlier version";
    blame.requests = 60310;
    blame.measured = 1204;
    blame.growth_bytes = 123456789;
    blame.time = 61500ms;
    blame.warm_up = {20, 4096};
    blame.other = {7, -4096, 250ms};
    blame.routes = {
        {"GET", "/export/*", 60303, 1197, 123460885, 2047, 1800,
         control::WorstRequest{1 << 20, "/export/17?all=1"}, 61s,
         control::SlowestRequest{12500ms, "/export/18"}, 3, 18},
        {"POST", "/login", 0, 0, 0, std::nullopt, 0, std::nullopt, 0s, std::nullopt, 1, 0}};
    blame.net = {control::NetGrowth::grows, 20, 33, 2047, 1500};
    return blame;
}

inline control::WorkerStatus full_worker() {
    control::WorkerStatus worker;
    worker.generation = 3;
    worker.pid = 30200;
    worker.cgroup = "/recycler/7012.3";
    worker.state = control::WorkerState::draining;
    worker.started_at = k_time;
    worker.age = 60s;
    worker.memory = {196_MiB, 210_MiB, 220_MiB, 256_MiB, 205_MiB};
    worker.requests = {1386, 1, 12500ms, "GET", "/report", "recorder", 2};
    worker.growth_bytes_per_request = 4096;
    worker.children = 2;
    worker.keeping = control::WorkerKeeping{"handed-on", 3, 801, 5, 4, 1};
    worker.spare = 5;
    return worker;
}

inline control::SlotStatus full_slot() {
    control::SlotStatus slot;
    slot.slot = "7012";
    slot.address = "127.0.0.1:7012";
    slot.state = control::SlotState::replacing;
    slot.gate = control::Gate::closed;
    slot.handover = control::HandoverMode::overlap;
    slot.due = control::Due{"memory", "7003 to serve"};
    slot.braked_until = k_time;
    slot.worker = full_worker();
    slot.next = full_worker();
    slot.last_end = full_record();
    slot.turned_away = 3;
    slot.trouble = "no folder";
    return slot;
}

inline control::Snapshot full_snapshot() {
    control::Snapshot snapshot;
    snapshot.app = "shop";
    snapshot.version = "0.1.0";
    snapshot.pid = 812;
    snapshot.keeper_pid = 811;
    snapshot.stopping = false;
    snapshot.policy = {"/etc/recycler/shop.toml", k_time};
    snapshot.cgroup = {2, "/recycler.slice", true, Bytes{157286400}};
    snapshot.limitations = {"Gates cannot be closed: no CAP_NET_RAW."};
    snapshot.totals = {25294, {{"age", 39}, {"memory", 150}}, {{"recycled", 189}}, 4};
    snapshot.loop = {.turns = 1204,
                     .longest = std::chrono::milliseconds(3),
                     .longest_cpu = std::chrono::milliseconds(2),
                     .longest_waiting = std::chrono::milliseconds(1),
                     .took = {{"within_1_ms", 1203}, {"within_5_ms", 1}},
                     .cpu = {{"within_1_ms", 1203}, {"within_5_ms", 1}}};
    snapshot.slots = {full_slot()};
    snapshot.spares = {{6, "ready", 30201, "/recycler/spare.6", 60s, 52_MiB, "it is full"}};
    return snapshot;
}

} // namespace samples
