// SPDX-License-Identifier: MIT
// What the controller holds of one worker from its launch until the keeper has forgotten it. Each
// member may be missing: a launch can fail at any step, an adopted worker may have lost its cgroup.
#pragma once

#include "cgroups/group.hpp"
#include "recycler/base/ids.hpp"
#include "recycler/controller/act/before_stop.hpp"
#include "recycler/controller/evidence/core_dump.hpp"
#include "recycler/controller/evidence/notes.hpp"
#include "recycler/controller/look/oom_watch.hpp"
#include "recycler/death/evidence.hpp"
#include "recycler/events/worker_output.hpp"
#include "recycler/keeper/protocol/news.hpp"
#include "recycler/recorder/page_file.hpp"
#include "recycler/request/page.hpp"
#include "recycler/slots/event.hpp"
#include "recycler/worker/count/accept_counter.hpp"
#include "recycler/worker/look/freeze.hpp"
#include "recycler/worker/look/probe.hpp"
#include "recycler/worker/look/thread_look.hpp"
#include "recycler/worker/signals/signal_trace.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace recycler::controller {

// The step of a start that failed: a name for the record ("cgroup", "exec"), and the errno.
struct FailedStep {
    std::string step;
    int error = 0;
};

// What we have sent it so far.
struct SentSignals {
    std::optional<int> stop;
    bool kill = false;
};

// What it was serving when we told it to end.
struct ToldToEnd {
    request::InFlight oldest;
    std::uint64_t given_up = 0; // requests, until then
};

// One process and no later one of the same number: when it claimed its row (CLOCK_BOOTTIME).
struct ChildLife {
    pid_t pid = 0;
    Duration claimed_at{0};
    auto operator<=>(const ChildLife&) const = default;
};

// How many requests it had given up when it was looked at, and at the look before.
struct GivenUpSeen {
    std::uint64_t before = 0;
    std::uint64_t last = 0;
};

struct LiveWorker {
    ListenerId listener;
    MonoTime launched_at;
    std::optional<MonoTime> execed_at;
    std::optional<MonoTime> ready_at;
    std::optional<worker::Probe> probe; // under way, of one that is to answer before it serves
    pid_t pid = 0;                      // 0: not forked yet, or never
    UniqueFd pidfd;
    std::optional<recorder::PageFile> page;
    std::uint64_t measured_to = 0; // of the requests in it, those before have been counted
    std::optional<worker::AcceptCounter> accepts; // where no recorder writes the page
    UniqueFd ring;
    std::optional<cgroups::Group> group;
    OomWatch oom;
    std::optional<Bytes> memory_max; // what it was born under; a reload changes that of later ones
    std::optional<std::uint64_t> pids_max; // likewise
    std::uint64_t files_max = 0;           // likewise
    std::optional<worker::Frozen> frozen;
    std::optional<triggers::Sample> last_sample;
    MonoTime measured_at; // when its memory was last read as a whole
    Notes notes;
    std::optional<double> growth_per_request;
    SentSignals sent;
    BeforeStop before_stop;
    GivenUpSeen given_up;
    std::optional<ToldToEnd> told_to_end;    // none: it was idle, or nobody told it
    std::optional<std::uint32_t> queue_lost; // connections, when it shut its listener down
    std::optional<FailedStep> failure;
    std::vector<death::Sender> senders;           // of signals to it, the last ones
    std::optional<worker::CallSeen> refused_call; // by its seccomp filter, the last one
    std::optional<keeper::Exit> exit;
    std::set<std::string> calls_on_trial;        // that its profile forbids and were told
    std::vector<worker::ThreadSeen> threads;     // of one that hung, before it was told to end
    std::set<pid_t> serving_children;            // at the last look
    std::map<ChildLife, MonoTime> gone_children; // that stand in the page; since when, as we saw it
    CoreKnowledge core;                          // of one that has ended
    std::optional<MonoTime> word_awaited_until;  // of the kernel's log, on how it ended
    MonoTime sought_inside_at;                   // when it was looked for in its cgroup last
    bool charged_elsewhere = false; // it was outside: what it took there is never counted
    std::string told_outside;       // of that
    bool ended_while_away = false;  // before this controller looked
    bool child_oom = false; // v1: the kernel killed a child of it for memory, so we ended it
};

// What the recorder says about it; nullopt: there is no page, no recorder wrote to it, or the
// worker has scribbled on it.
inline std::optional<request::PageReading> page_of(const LiveWorker& worker) {
    return worker.page ? request::read_page(worker.page->bytes()) : std::nullopt;
}

using LiveWorkers = std::map<WorkerId, LiveWorker>;

inline events::OutputSource output_of(WorkerId id, const LiveWorker& worker, std::string slot) {
    return {.slot = std::move(slot),
            .generation = id.generation,
            .pid = worker.pid,
            .ring = worker.ring.get()};
}

} // namespace recycler::controller
