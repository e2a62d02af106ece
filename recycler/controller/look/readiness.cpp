// SPDX-License-Identifier: MIT
// The look at a starting worker: does it do what start.ready asks for.
#include "recycler/controller/look/looking.hpp"

#include "recycler/controller/look/patience.hpp"
#include "recycler/controller/look/recorded.hpp"
#include "recycler/controller/workers/children.hpp"
#include "recycler/worker/listen/listener.hpp"
#include "recycler/worker/look/idleness.hpp"
#include "recycler/worker/look/probe.hpp"
#include "recycler/worker/look/proc.hpp"
#include "recycler/worker/look/readiness.hpp"

#include <cerrno>
#include <utility>

namespace recycler::controller {

namespace {

// Nearly every worker has come to accept() by then; finding out otherwise takes longer.
constexpr Duration k_is_up = std::chrono::seconds(1);

Result<bool> waits_at(worker::SocketInode listener, const LiveWorker& worker, Duration patience) {
    return worker::waits_on(
        listener, [&worker] { return processes_of(worker); }, worker::LookTime(patience));
}

struct LookFrom {
    Duration up; // since it was executed
    Duration patience;
    worker::KeepingWorker keeping;
};

Result<bool> takes_connections(const LiveWorker& worker, int listener, const LookFrom& from,
                               worker::SocketDiag& diag) {
    const auto page = page_of(worker);
    if (page && page->came_to_accept) {
        return true;
    }
    // No recorder in it, or one that polls before it accepts.
    const auto inode = worker::inode_of(listener);
    if (!inode) {
        return inode.error();
    }
    auto waits = waits_at(*inode, worker, from.patience);
    if ((waits && *waits) || from.up < k_is_up) {
        return waits && *waits;
    }
    if (!waits && waits.error().code == ETIMEDOUT) {
        return waits; // it has more to look at than a program that starts, and is not shown ready
    }
    if (!waits) {
        return true; // we may not look into it: alive for a second is the best that can be had
    }
    // A queue may wait for it, so that it is busy whenever it is looked at.
    const auto held =
        worker::connections_held({.listener = listener,
                                  .port = worker::Port::shared,
                                  .processes = [&worker] { return processes_of(worker); },
                                  .patience = from.patience,
                                  .keeping = from.keeping},
                                 diag);
    return held ? Result<bool>(*held > 0) : Result<bool>(held.error());
}

// Since it was executed, a spare that has booted does nothing but wait.
enum class SpareSeen { boots, waits, unfit };
SpareSeen look_at_spare(const LiveWorker& worker, Duration up, Duration patience) {
    const auto page = page_of(worker);
    if (page && activity_now(worker, *page).awaiting_slot > 0) {
        return SpareSeen::waits;
    }
    if (up < k_is_up || !worker.birth || worker.birth->listener == 0) {
        return SpareSeen::boots;
    }
    const auto waits =
        waits_at(static_cast<worker::SocketInode>(worker.birth->listener), worker, patience);
    return waits && *waits ? SpareSeen::unfit : SpareSeen::boots;
}

// Until then no thread of it waits at the listener of the slot.
bool has_taken_its_slot(const LiveWorker& worker, int listener, Duration patience) {
    const auto page = page_of(worker);
    if (page && page->came_to_accept) {
        return true; // a program that polls first has not, and waits all the same
    }
    const auto inode = worker::inode_of(listener);
    if (!inode) {
        return false;
    }
    const auto waits = waits_at(*inode, worker, patience);
    return waits && *waits;
}

// A question would be answered after all that waits in the queue already, which may be long; and
// then the worker that comes to accept() has more to do than to be asked.
Result<bool> may_be_asked(const Running& worker, int listener, worker::SocketDiag& diag) {
    if (worker.probe) {
        return true; // it waits there itself
    }
    const auto queued = worker::queue_length(listener, diag);
    return queued ? Result<bool>(*queued == 0) : Result<bool>(queued.error());
}

Result<bool> answers(Running& worker, int listener) {
    if (!worker.probe) {
        auto begun = worker::Probe::begin(listener);
        if (!begun) {
            return std::move(begun).error();
        }
        worker.probe.emplace(std::move(*begun));
    }
    const auto seen = worker.probe->look();
    if (seen != worker::Probe::Seen::waiting) {
        worker.probe.reset(); // asked anew at the next look, if it refused
    }
    return seen == worker::Probe::Seen::answered;
}

} // namespace

void Looking::carry_out(const slots::LookReady& action) {
    LiveWorker* worker = find_in(uses_.workers, action.worker);
    Running* running = worker == nullptr ? nullptr : std::get_if<Running>(&worker->life);
    if (running == nullptr) {
        return;
    }
    if (action.worker.slot == k_spare_slot && !may_be_ready(action.worker, *worker, *running)) {
        return;
    }
    const slots::Slot* slot = uses_.decider.find(action.worker.slot);
    const auto amiss =
        action.beside && slot != nullptr ? uses_.listeners.look_at(slot->listener) : std::nullopt;
    if (amiss) {
        // What comes to the group would all go to this one, which has no worker yet.
        uses_.learn.learn(*amiss);
    }
    const auto ready = does_as_asked(*worker, *running, action);
    if (!ready) {
        uses_.telling.complain(ready.error());
    } else if (*ready) {
        worker->ready_at = uses_.loop.now();
        uses_.launches.look_who_counts(action.worker, *worker, look_patience(uses_.loop));
        const auto busy = worker::processor_time_of(worker->pid);
        uses_.learn.learn(
            slots::WorkerReady{action.worker, busy ? std::optional(*busy) : std::nullopt});
        uses_.launches.make_ahead_now(); // it is out of the way of its own start now
    }
}

// What it is ready for is a slot.
bool Looking::may_be_ready(WorkerId id, const LiveWorker& spare, const Running& running) {
    switch (look_at_spare(spare, uses_.loop.now() - running.execed_at, look_patience(uses_.loop))) {
    case SpareSeen::waits:
        return true;
    case SpareSeen::boots:
        return false;
    case SpareSeen::unfit:
        break;
    }
    uses_.learn.learn(slots::SpareUnfit{
        id, "the program waits for connections where Recycler's recorder cannot hold it, as "
            "programs do that are linked statically or run an event loop"});
    return false;
}

// What start.ready says.
Result<bool> Looking::does_as_asked(const LiveWorker& worker, Running& running,
                                    const slots::LookReady& action) {
    if (action.worker.slot == k_spare_slot) {
        return true; // it has been looked at
    }
    const int listener = uses_.slots.fd(worker.listener);
    if (worker.birth && !has_taken_its_slot(worker, listener, look_patience(uses_.loop))) {
        return false;
    }
    const auto& asked = uses_.policy.start.ready;
    const Duration up = uses_.loop.now() - running.execed_at;
    if (const auto* wait = std::get_if<Duration>(&asked)) {
        return up >= *wait;
    }
    const bool is_unix =
        std::holds_alternative<policies::UnixAddress>(uses_.slots.address(action.worker.slot));
    const bool reachable = is_unix || action.beside == slots::Opening::joined;
    if (reachable && std::holds_alternative<policies::ReadyProbe>(asked)) {
        const auto ask = may_be_asked(running, listener, uses_.diag);
        if (!ask || *ask) {
            return ask ? answers(running, listener) : ask;
        }
    }
    return takes_connections(worker, listener,
                             {.up = up,
                              .patience = look_patience(uses_.loop),
                              .keeping = keeping_of(uses_.channels, action.worker, worker)},
                             uses_.diag);
}

} // namespace recycler::controller
