// SPDX-License-Identifier: MIT
#include "recycler/controller/act/processes.hpp"

#include "cgroups/proc_usage.hpp"
#include "recycler/controller/act/births.hpp"
#include "recycler/controller/act/heeding.hpp"
#include "recycler/controller/evidence/hung_threads.hpp"
#include "recycler/controller/look/patience.hpp"
#include "recycler/controller/look/recorded.hpp"
#include "recycler/controller/workers/children.hpp"
#include "recycler/controller/workers/containment.hpp"
#include "recycler/worker/look/idleness.hpp"
#include "recycler/worker/signals/strike.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/syscall.h>
#include <utility>

namespace recycler::controller {

namespace {

// Whether there was somebody to send it to. Else it has ended already, and its exit is on the way.
bool send(const LiveWorker& worker, int signal) {
    return worker.pidfd &&
           ::syscall(SYS_pidfd_send_signal, worker.pidfd.get(), signal, nullptr, 0) == 0;
}

// Nobody, once it has ended: its number may be another's then, and the tree that of a stranger.
Result<std::vector<pid_t>> tree_of(const LiveWorker& worker) {
    auto pids = cgroups::proc_tree(worker.pid);
    return send(worker, 0) ? std::move(pids) : std::vector<pid_t>();
}

// What it is serving when it is told to end, as `status` shows it.
void note_requests(LiveWorker& worker) {
    auto page = worker.told_within ? std::nullopt : page_of(worker);
    if (!page) {
        return;
    }
    const auto living = processes_of(worker);
    std::erase_if(page->processes, [&](const request::Process& process) {
        return process.in_flight == 0 ||
               (living && std::ranges::find(*living, process.pid) == living->end());
    });
    worker.told_within = std::move(page->processes);
}

} // namespace

void Processes::carry_out(const slots::Park& action) {
    if (LiveWorker* worker = find_in(uses_.workers, action.worker);
        worker != nullptr && worker->page) {
        worker->page->park();
        wake(*worker);
    }
}

void Processes::carry_out(const slots::Unpark& action) {
    if (LiveWorker* worker = find_in(uses_.workers, action.worker);
        worker != nullptr && worker->page) {
        worker->page->release();
    }
}

void Processes::carry_out(const slots::Freeze& action) {
    LiveWorker* worker = find_in(uses_.workers, action.worker);
    if (worker == nullptr || exit_of(*worker) != nullptr) {
        return;
    }
    drop_probe(*worker); // our own question is no client
    note_stance(*worker, uses_.policy.drain.stop_signal, look_patience(uses_.loop));
    if (!freezes(*worker)) {
        uses_.learn.learn(
            slots::FrozenSeen{action.worker, 1}); // not shown to be idle: let it go on
        return;
    }
    const auto list = [worker] { return processes_of(*worker); };
    const auto held =
        worker::connections_held({.listener = uses_.slots.fd(worker->listener),
                                  .port = worker::Port::shared,
                                  .processes = list,
                                  .patience = look_patience(uses_.loop),
                                  .keeping = keeping_of(uses_.channels, action.worker, *worker)},
                                 uses_.diag);
    const auto page = page_of(*worker);
    const request::Activity now = page ? activity_now(*worker, *page) : request::Activity{};
    const auto exiting = worker::is_exiting(worker->pid);
    const bool shown = held && exiting && !*exiting;
    const std::uint32_t recorded = std::max(now.in_flight, kept_by(*worker, now));
    uses_.learn.learn(slots::FrozenSeen{.worker = action.worker,
                                        .connections = shown ? std::max(*held, recorded) : 1,
                                        .accepting = now.accepting});
}

void Processes::carry_out(const slots::Thaw& action) {
    LiveWorker* worker = find_in(uses_.workers, action.worker);
    if (worker == nullptr) {
        return;
    }
    if (worker->frozen) {
        worker->frozen.reset();
    } else if (const auto thawed = worker::thaw_all([worker] { return processes_of(*worker); });
               !thawed) {
        uses_.telling.complain(thawed.error());
    }
}

void Processes::carry_out(const slots::StopWorker& action) {
    LiveWorker* worker = find_in(uses_.workers, action.worker);
    if (worker == nullptr || takes_out_first(action.worker, *worker, false)) {
        return;
    }
    note_requests(*worker);
    if (!worker->frozen) {
        note_stance(*worker, uses_.policy.drain.stop_signal, look_patience(uses_.loop));
    }
    worker->sent.stop = uses_.policy.drain.stop_signal;
    (void)send(*worker, uses_.policy.drain.stop_signal);
    if (worker->page) {
        worker->page->end();
        wake(*worker);
    }
    Births::end(*worker);
    carry_out(slots::Thaw{action.worker}); // a stopped process gets the signal when it goes on
}

void Processes::carry_out(const slots::LookHeeding& action) {
    if (const LiveWorker* worker = find_in(uses_.workers, action.worker);
        worker != nullptr && exit_of(*worker) == nullptr) {
        uses_.learn.learn(slots::HeedingSeen{
            .worker = action.worker,
            .ignores = ignores_stop(*worker, uses_.slots.fd(worker->listener),
                                    uses_.policy.drain.stop_timeout, look_patience(uses_.loop))});
    }
}

void Processes::carry_out(const slots::KillWorker& action) {
    LiveWorker* worker = find_in(uses_.workers, action.worker);
    if (worker == nullptr || takes_out_first(action.worker, *worker, true)) {
        return;
    }
    note_requests(*worker);
    worker->sent.kill = true;
    // A process that is forked at this moment is killed with the next order (k_kill_again of the
    // decider), or when the dead worker is cleared away.
    const bool killed = worker->group && worker->group->strike();
    // Without its cgroup: the process tree as far as /proc shows it.
    if (!killed && worker->pid > 0) {
        if (const auto struck = worker::strike([worker] { return tree_of(*worker); });
            !struck && !worker::is_gone(struck.error())) {
            uses_.telling.complain(struck.error());
        }
    }
    (void)send(*worker, SIGKILL); // also when somebody has moved it out of its cgroup
}

void Processes::carry_out(const slots::Examine& action) {
    if (LiveWorker* worker = find_in(uses_.workers, action.worker)) {
        examine_threads(*worker, uses_.slots.address(action.worker.slot), uses_.loop.now(),
                        examination_patience(uses_.loop));
    }
}

void Processes::catch_up(WorkerId id, const LiveWorker& worker) {
    if (worker.sent.kill) {
        carry_out(slots::KillWorker{id});
    } else if (worker.sent.stop) {
        carry_out(slots::StopWorker{id});
    }
}

} // namespace recycler::controller
