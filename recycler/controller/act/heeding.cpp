// SPDX-License-Identifier: MIT
#include "recycler/controller/act/heeding.hpp"

#include "recycler/controller/workers/containment.hpp"
#include "recycler/worker/listen/listener.hpp"
#include "recycler/worker/look/event_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>

namespace recycler::controller {

namespace {

Result<worker::Stance> stance_of(const LiveWorker& worker, Duration patience) {
    return worker::stance_of([&worker] { return processes_of(worker); },
                             worker::LookTime(patience));
}

// By the recorder, before accept().
std::uint32_t threads_held(const LiveWorker& worker) {
    const auto page = page_of(worker);
    const auto living = processes_of(worker);
    std::uint32_t held = 0;
    for (const pid_t pid : page&& living ? *living : std::vector<pid_t>()) {
        const auto row = std::ranges::find(page->processes, pid, &request::Process::pid);
        held += row == page->processes.end() ? 0 : row->parked;
    }
    return held;
}

// Shared with the worker, as all of an open socket's flags are.
bool blocks(int listener) {
    const int flags = ::fcntl(listener, F_GETFL);
    return flags != -1 && (flags & O_NONBLOCK) == 0;
}

// No program can do anything for a signal that the kernel drops, or keeps for it.
bool cannot_know(const LiveWorker& worker, Duration patience) {
    if (!worker.sent.stop || !worker.before_stop.fate) {
        return false;
    }
    const auto now = worker::fate_of(worker.pid, *worker.sent.stop, worker::LookTime(patience));
    return now && worker::is_unheard(*worker.before_stop.fate, *now);
}

// It is an event loop, and waits for the next connection and for nothing else, or not before it
// would be killed anyway.
bool loops(const LiveWorker& worker, int listener, Duration stop_timeout, Duration patience) {
    const auto inode = worker::inode_of(listener);
    const auto alone = inode ? worker::waits_for_connections_alone(
                                   *inode, [&worker] { return processes_of(worker); }, stop_timeout,
                                   worker::LookTime(patience))
                             : Result<bool>(inode.error());
    return alone && *alone;
}

} // namespace

void note_stance(LiveWorker& worker, int stop_signal, Duration patience) {
    if (worker.sent.stop) {
        return;
    }
    worker.before_stop = {}; // not judged by another one than the last
    if (auto fate = worker::fate_of(worker.pid, stop_signal, worker::LookTime(patience))) {
        worker.before_stop.fate = *fate;
    }
    if (auto stance = stance_of(worker, patience)) {
        worker.before_stop.stance = std::move(*stance);
    }
}

bool ignores_stop(const LiveWorker& worker, int listener, Duration stop_timeout,
                  Duration patience) {
    if (cannot_know(worker, patience)) {
        return true;
    }
    const auto now = worker.before_stop.stance
                         ? stance_of(worker, patience)
                         : Result<worker::Stance>(Error{ENODATA, "no stance was noted"});
    if (!now) {
        return false;
    }
    return blocks(listener)
               ? worker::goes_on_waiting(*worker.before_stop.stance, *now, threads_held(worker))
               : worker::stands_still(*worker.before_stop.stance, *now) &&
                     loops(worker, listener, stop_timeout, patience);
}

} // namespace recycler::controller
