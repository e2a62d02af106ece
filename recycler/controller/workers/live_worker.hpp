// SPDX-License-Identifier: MIT
// What the controller holds of one worker from its launch until the keeper has forgotten it. Each
// member may be missing: a launch can fail at any step, an adopted worker may have lost its cgroup.
#pragma once

#include "cgroups/group.hpp"
#include "recycler/base/ids.hpp"
#include "recycler/blame/tally.hpp"
#include "recycler/controller/act/before_stop.hpp"
#include "recycler/controller/act/kept_by_worker.hpp"
#include "recycler/controller/evidence/notes.hpp"
#include "recycler/controller/look/oom_watch.hpp"
#include "recycler/controller/workers/awaited_accepts.hpp"
#include "recycler/controller/workers/birth.hpp"
#include "recycler/controller/workers/life.hpp"
#include "recycler/death/evidence.hpp"
#include "recycler/events/worker_output.hpp"
#include "recycler/recorder/page_file.hpp"
#include "recycler/request/page.hpp"
#include "recycler/slots/event.hpp"
#include "recycler/worker/count/accept_counter.hpp"
#include "recycler/worker/look/freeze.hpp"
#include "recycler/worker/look/thread_look.hpp"
#include "recycler/worker/signals/signal_trace.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace recycler::controller {

// In groups by who writes them (controller.hpp); all may read.
struct LiveWorker {
    // Launches, or News for one of the controller before.
    ListenerId listener;
    MonoTime launched_at;
    BornUnder born_under;
    std::optional<recorder::PageFile> page;
    UniqueFd ring;
    std::optional<cgroups::Group> group;
    OomWatch oom;
    std::optional<Birth> birth; // of one that was a spare, or is one

    // News of the keeper, and Deaths for what it then finds out.
    Life life;
    pid_t pid = 0; // 0: not forked yet, or never
    UniqueFd pidfd;

    // Looking.
    std::optional<MonoTime> ready_at; // or was, at its end
    std::optional<triggers::Sample> last_sample;
    MonoTime measured_at;      // when its memory was last read as a whole
    MonoTime listener_seen_at; // when its listener was
    std::optional<double> growth_per_request;
    blame::Courses courses; // of its processes, as far as its page has been read
    std::optional<worker::AcceptCounter> accepts; // where no recorder writes the page
    std::optional<AwaitedAccepts> awaited_accepts;
    bool born_without_counters = false; // as far as is known
    Notes notes;
    GivenUpSeen given_up;
    std::map<pid_t, UniqueFd> serving_children;  // at the last look, with a descriptor of each
    std::map<ChildLife, MonoTime> gone_children; // that stand in the page; since when, as we saw it
    bool child_oom = false;    // v1: the kernel killed a child of it for memory, so we ended it
    MonoTime sought_inside_at; // when it was looked for in its cgroup last
    bool charged_elsewhere = false; // it was outside: what it took there is never counted
    std::string told_outside;       // of that

    // Processes.
    std::optional<worker::Frozen> frozen;
    SentSignals sent;
    BeforeStop before_stop;
    std::optional<std::vector<request::Process>> told_within; // a request, when it was told to end
    std::vector<worker::ThreadSeen> threads; // of one that hung, before it was told to end

    // Channels.
    KeptByWorker kept;

    // Listeners.
    std::optional<std::uint32_t> queue_lost; // connections, when it shut its listener down

    // Watching.
    std::vector<death::Sender> senders;           // of signals to it, the last ones
    std::optional<worker::CallSeen> refused_call; // by its seccomp filter, the last one
    std::set<std::string> calls_on_trial;         // that its profile forbids and were told
};

// What the recorder says; nullopt: no page, no recorder, or the worker has scribbled on it.
inline std::optional<request::PageReading> page_of(const LiveWorker& worker) {
    return worker.page ? request::read_page(worker.page->bytes()) : std::nullopt;
}

// Our own question to it, if one is under way.
inline void drop_probe(LiveWorker& worker) {
    if (auto* running = std::get_if<Running>(&worker.life)) {
        running->probe.reset();
    }
}

// Null: it has not ended.
inline const keeper::Exit* exit_of(const LiveWorker& worker) {
    const auto* ended = std::get_if<Ended>(&worker.life);
    return ended == nullptr ? nullptr : &ended->exit;
}

inline bool ended_while_away(const LiveWorker& worker) {
    const auto* ended = std::get_if<Ended>(&worker.life);
    const auto* never = std::get_if<NeverStarted>(&worker.life);
    return (ended != nullptr && ended->while_away) || (never != nullptr && never->while_away);
}

using LiveWorkers = std::map<WorkerId, LiveWorker>;

// Null: there is none.
inline LiveWorker* find_in(LiveWorkers& workers, WorkerId id) {
    const auto it = workers.find(id);
    return it == workers.end() ? nullptr : &it->second;
}

} // namespace recycler::controller
