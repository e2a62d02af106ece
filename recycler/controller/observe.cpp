// The looks that the fleet asks for: is it ready, is it idle, how large has it grown.
#include "recycler/controller/controller.hpp"

#include "cgroups/proc_usage.hpp"
#include "recycler/worker/idleness.hpp"
#include "recycler/worker/readiness.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>

namespace recycler::controller {

namespace {

// Whether a worker that was told to park holds nothing and can take nothing any more: no thread of
// it is inside accept(), and none comes there again.
bool all_parked(const LiveWorker& worker) {
    const auto page = page_of(worker);
    const auto pids = processes_of(worker);
    if (!page || !page->exact || !pids) {
        return false;
    }
    const request::Activity now = request::activity_of(*page, *pids);
    return now.processes > 0 && now.accepting == 0 && now.open == 0;
}

// As the fleet has measured it so far, for the worker's record.
std::optional<double> growth_of(const fleet::Fleet& fleet, WorkerId id) {
    for (const fleet::Slot& slot : fleet.slots()) {
        const fleet::Worker* worker = fleet::worker_of(slot.front);
        if (worker != nullptr && worker->id == id) {
            const auto growth = worker->trend.growth_per_request();
            return growth ? std::optional(static_cast<double>(growth->count)) : std::nullopt;
        }
    }
    return std::nullopt;
}

} // namespace

void Controller::carry_out(const fleet::LookReady& action) {
    LiveWorker* worker = find(action.worker);
    if (worker == nullptr || !worker->execed_at || worker->exit) {
        return;
    }
    if (is_ready(*worker)) {
        worker->ready_at = loop_.now();
        learn(fleet::WorkerReady{action.worker});
        make_ahead_.arm(loop_.now()); // it is out of the way of its own start now
    }
}

bool Controller::is_ready(const LiveWorker& worker) {
    if (const auto* wait = std::get_if<Duration>(&parts_.policy.start.ready)) {
        return loop_.now() - *worker.execed_at >= *wait;
    }
    const auto page = page_of(worker);
    if (page && page->came_to_accept) {
        return true;
    }
    // No recorder in it, or one that polls before it accepts.
    const auto inode = worker::inode_of(parts_.slots.fd(worker.listener));
    if (!inode) {
        complain(inode.error());
        return false;
    }
    const auto waits = worker::waits_on(*inode, [&worker] { return processes_of(worker); });
    if (!waits) {
        // We may not look into it: alive for a second is the best that can be had.
        return loop_.now() - *worker.execed_at >= std::chrono::seconds(1);
    }
    return *waits;
}

worker::Watched Controller::watched(ListenerId listener, const LiveWorker* worker) const {
    const bool alone = parts_.slots.open_listeners(listener.slot) == 1;
    return {.listener = parts_.slots.fd(listener),
            .port = alone ? worker::Port::ours_alone : worker::Port::shared,
            .processes = [worker] {
                return worker == nullptr ? Result<std::vector<pid_t>>(std::vector<pid_t>())
                                         : processes_of(*worker);
            }};
}

void Controller::carry_out(const fleet::LookIdle& action) {
    const LiveWorker* worker = action.worker ? find(*action.worker) : nullptr;
    const auto seen = worker::look(watched(action.listener, worker), parts_.diag);
    if (!seen) {
        complain(seen.error());
        learn(fleet::IdleSeen{.listener = action.listener, .unsettled = 1}); // unknown is not idle
        return;
    }
    fleet::IdleSeen idle{.listener = action.listener,
                         .queued = seen->queued,
                         .half_open = seen->half_open,
                         .connections = seen->connections,
                         .unsettled = seen->unsettled};
    if (worker != nullptr) {
        idle.parked = all_parked(*worker);
        const auto page = page_of(*worker);
        const auto pids = processes_of(*worker);
        if (page && pids) {
            // A request whose client has gone has no connection any more, and is still being worked
            // on.
            idle.connections =
                std::max(idle.connections, request::activity_of(*page, *pids).in_flight);
        }
    }
    learn(idle);
}

// A process that served and is gone while its worker lives: php-cgi's parent goes on and forks
// another. Told of those only that the kernel had listed, whatever stands in the page.
void Controller::tell_dead_children(WorkerId id, LiveWorker& worker,
                                    const request::PageReading& page) {
    const auto living =
        page.processes.size() > 1 ? processes_of(worker) : Result(std::vector<pid_t>());
    if (!living) {
        return;
    }
    const std::set<pid_t> now(living->begin(), living->end());
    for (const pid_t pid : worker.serving_children) {
        if (!now.contains(pid)) {
            announce({.at = loop_.wall_now(),
                      .event = "child-died",
                      .slot = parts_.slots.name(id.slot),
                      .generation = id.generation,
                      .members = {{"pid", std::int64_t{pid}}}});
        }
    }
    worker.serving_children.clear();
    for (const request::Process& process : page.processes) {
        if (process.pid != worker.pid && now.contains(process.pid)) {
            worker.serving_children.insert(process.pid);
        }
    }
}

void Controller::carry_out(const fleet::TakeSample& action) {
    LiveWorker* worker = find(action.worker);
    if (worker == nullptr || worker->exit || worker->pid == 0) {
        return;
    }
    const auto usage = usage_of(*worker);
    if (!usage) {
        complain(Error(usage.error()).within("measure " + parts_.slots.name(action.worker)));
        return;
    }
    policies::Sample sample{
        .at = loop_.now(), .bloat = usage->bloat, .current = usage->current, .peak = usage->peak};
    std::optional<Duration> running;
    if (const auto page = page_of(*worker)) {
        sample.served = page->served;
        sample.accepts = page->accepted;
        tell_dead_children(action.worker, *worker, *page);
        const auto pids = page->begun > page->served
                              ? processes_of(*worker)
                              : Result<std::vector<pid_t>>(std::vector<pid_t>());
        if (pids && !pids->empty()) {
            const request::Activity activity = request::activity_of(*page, *pids);
            sample.in_flight = activity.in_flight;
            if (activity.oldest) {
                running = std::max(loop_.now() - activity.oldest->since, Duration::zero());
            }
        }
    }
    worker->last_sample = sample;
    worker->growth_per_request = growth_of(fleet_, action.worker);
    if (worker->group && worker->group->version() == cgroups::Version::v1 && !worker->child_oom) {
        const auto oom = worker->group->oom();
        worker->child_oom = oom && oom->oom_kill > 0;
        if (worker->child_oom) {
            learn(fleet::ChildKilled{action.worker});
        }
    }
    learn(fleet::WorkerSampled{action.worker, sample, running});
}

void Controller::carry_out(const fleet::LookRoom&) {
    learn(fleet::RoomSeen{parts_.containment.room(parts_.policy)});
}

} // namespace recycler::controller
