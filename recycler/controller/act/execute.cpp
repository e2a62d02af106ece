// SPDX-License-Identifier: MIT
// The decider's orders on workers, carried out. "Already gone" is success for all that stops,
// closes or removes.
#include "recycler/controller/controller.hpp"

#include "cgroups/proc_usage.hpp"
#include "recycler/base/text/join.hpp"
#include "recycler/control/socket.hpp"
#include "recycler/controller/act/heeding.hpp"
#include "recycler/controller/evidence/circumstances.hpp"
#include "recycler/controller/look/patience.hpp"
#include "recycler/controller/workers/children.hpp"
#include "recycler/worker/look/idleness.hpp"
#include "recycler/worker/signals/strike.hpp"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <sys/syscall.h>

namespace recycler::controller {

namespace {

// A process of a worker that may take this long to stop is in an uninterruptible system call. All
// that are to stop in one turn of the loop share it.
constexpr Duration k_freeze_patience = std::chrono::milliseconds(100);

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

} // namespace

void Controller::carry_out(const slots::Park& action) {
    if (LiveWorker* worker = find(action.worker); worker != nullptr && worker->page) {
        worker->page->park();
    }
}

void Controller::carry_out(const slots::Unpark& action) {
    if (LiveWorker* worker = find(action.worker); worker != nullptr && worker->page) {
        worker->page->release();
    }
}

void Controller::carry_out(const slots::Freeze& action) {
    LiveWorker* worker = find(action.worker);
    if (worker == nullptr || worker->exit) {
        return;
    }
    worker->probe.reset(); // our own question is no client
    note_stance(*worker, parts_.policy.drain.stop_signal, look_patience(loop_));
    const auto list = [worker] { return processes_of(*worker); };
    const Duration left = std::max(k_freeze_patience - loop_.taken(), Duration::zero());
    auto frozen = worker::freeze(list, left);
    if (!frozen) {
        learn(slots::FrozenSeen{action.worker, 1}); // not shown to be idle: let it go on
        return;
    }
    worker->frozen.emplace(std::move(*frozen));
    const auto held = worker::connections_held({.listener = parts_.slots.fd(worker->listener),
                                                .port = worker::Port::shared,
                                                .processes = list,
                                                .patience = look_patience(loop_)},
                                               parts_.diag);
    const auto page = page_of(*worker);
    const request::Activity now = page ? activity_now(*worker, *page) : request::Activity{};
    const auto exiting = worker::is_exiting(worker->pid);
    const bool shown = held && exiting && !*exiting;
    learn(slots::FrozenSeen{.worker = action.worker,
                            .connections = shown ? std::max(*held, now.in_flight) : 1,
                            .accepting = now.accepting});
}

void Controller::carry_out(const slots::Thaw& action) {
    LiveWorker* worker = find(action.worker);
    if (worker == nullptr) {
        return;
    }
    if (worker->frozen) {
        worker->frozen.reset();
    } else if (const auto thawed = worker::thaw_all([worker] { return processes_of(*worker); });
               !thawed) {
        complain(thawed.error());
    }
}

void Controller::carry_out(const slots::StopWorker& action) {
    LiveWorker* worker = find(action.worker);
    if (worker == nullptr) {
        return;
    }
    if (const auto page = page_of(*worker); page && !worker->told_to_end) {
        if (const auto oldest = activity_now(*worker, *page).oldest) {
            worker->told_to_end = {.oldest = *oldest, .given_up = request::given_up(*page)};
        }
    }
    if (!worker->frozen) {
        note_stance(*worker, parts_.policy.drain.stop_signal, look_patience(loop_));
    }
    worker->sent.stop = parts_.policy.drain.stop_signal;
    (void)send(*worker, parts_.policy.drain.stop_signal);
    if (worker->page) {
        worker->page->end();
    }
    carry_out(slots::Thaw{action.worker}); // a stopped process gets the signal when it goes on
}

void Controller::carry_out(const slots::LookHeeding& action) {
    if (const LiveWorker* worker = find(action.worker); worker != nullptr && !worker->exit) {
        learn(slots::HeedingSeen{.worker = action.worker,
                                 .ignores = ignores_stop(*worker, parts_.slots.fd(worker->listener),
                                                         parts_.policy.drain.stop_timeout,
                                                         look_patience(loop_))});
    }
}

void Controller::carry_out(const slots::KillWorker& action) {
    LiveWorker* worker = find(action.worker);
    if (worker == nullptr) {
        return;
    }
    worker->sent.kill = true;
    // Who is being forked meanwhile ends with the next one (k_kill_again of the decider), or when
    // the dead worker is cleared away.
    const bool killed = worker->group && worker->group->strike();
    // Without its cgroup: the process tree as far as /proc shows it.
    if (!killed && worker->pid > 0) {
        if (const auto struck = worker::strike([worker] { return tree_of(*worker); });
            !struck && !worker::is_gone(struck.error())) {
            complain(struck.error());
        }
    }
    (void)send(*worker, SIGKILL); // also when somebody has moved it out of its cgroup
}

void Controller::carry_out(const slots::Examine& action) {
    if (LiveWorker* worker = find(action.worker)) {
        examine_threads(*worker, parts_.slots.address(action.worker.slot), loop_.now(),
                        examination_patience(loop_));
    }
}

void Controller::carry_out(const slots::Announce& action) {
    control::EventLine line{.at = loop_.wall_now(),
                            .event = control::name_of(action.name),
                            .slot = parts_.slots.name(action.slot)};
    if (action.generation != 0) {
        line.generation = action.generation;
    }
    if (action.trigger) {
        line.members.emplace_back("trigger", std::string(to_string(*action.trigger)));
    }
    if (action.count > 0) {
        line.members.emplace_back("count", std::int64_t{action.count});
        const auto end = parts_.event_log.last_end(*line.slot);
        if (end && end->generation == action.generation) {
            line.members.emplace_back("verdict", end->verdict);
        }
    }
    if (!action.requests.empty()) {
        line.members.emplace_back("requests", text::joined(action.requests, ", "));
    }
    if (!action.text.empty()) {
        line.members.emplace_back("text", action.text);
    }
    announce(std::move(line));
}

void Controller::carry_out(const slots::Warn& action) {
    control::EventLine line{.at = loop_.wall_now(), .event = control::name_of(action.name)};
    if (action.count) {
        line.members.emplace_back("count", static_cast<std::int64_t>(*action.count));
    }
    line.members.emplace_back("text", action.text);
    announce(std::move(line));
}

void Controller::carry_out(const slots::Finish&) {
    parts_.event_log.tell_all_rest(loop_.wall_now());
    announce({.at = loop_.wall_now(), .event = control::name_of(EventName::stopped)});
    places_.give_up_all();
    parts_.containment.sweep({}); // a controller may have been killed while it removed a group
    parts_.containment.remove();
    std::error_code ignored; // the next start replaces what could not be removed
    std::filesystem::remove(control::control_path(parts_.policy.app.name), ignored);
    sources_.leave.schedule(); // after the answers of this turn have gone out
}

} // namespace recycler::controller
