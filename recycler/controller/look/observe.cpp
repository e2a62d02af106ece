// SPDX-License-Identifier: MIT
// The looks at a worker that serves: is it idle, how large has it grown.
#include "recycler/controller/look/looking.hpp"

#include "recycler/controller/evidence/child_end.hpp"
#include "recycler/controller/evidence/circumstances.hpp"
#include "recycler/controller/evidence/hung_threads.hpp"
#include "recycler/controller/look/patience.hpp"
#include "recycler/controller/look/recorded.hpp"
#include "recycler/controller/look/standstill.hpp"
#include "recycler/controller/workers/children.hpp"
#include "recycler/worker/listen/listener.hpp"
#include "recycler/worker/look/idleness.hpp"

#include <algorithm>
#include <utility>

namespace recycler::controller {

namespace {

worker::Watched watched(const Looking::Uses& uses, const slots::LookIdle& action,
                        const LiveWorker* worker) {
    const bool alone = uses.slots.open_listeners(action.listener.slot) == 1;
    return {.listener = uses.slots.fd(action.listener),
            .port = alone ? worker::Port::ours_alone : worker::Port::shared,
            .processes =
                [worker] {
                    return worker == nullptr ? Result<std::vector<pid_t>>(std::vector<pid_t>())
                                             : processes_of(*worker);
                },
            .patience = look_patience(uses.loop),
            .nothing_open =
                [worker](std::span<const pid_t> living) {
                    return worker != nullptr && has_nothing_open(*worker, living);
                },
            .keeping = worker == nullptr ? worker::KeepingWorker{}
                                         : keeping_of(uses.channels, *action.worker, *worker)};
}

// What bears the listener's name, although this worker may not hold it.
bool may_be_others(const Looking::Uses& uses, ListenerId listener, const LiveWorker* worker) {
    const slots::Slot* slot = uses.decider.find(listener.slot);
    return (slot != nullptr && slot->held == listener) ||
           (worker == nullptr && uses.channels.has_any());
}

// What is in flight and for how long, and for how long it has stood still while `queued` wait. What
// could not be followed may be in flight unseen.
void add_requests(slots::WorkerSampled& seen, LiveWorker& worker, const request::PageReading& page,
                  std::uint32_t queued) {
    seen.sample.accepts = page.accepted + page.came_back; // a balancer that keeps does not connect
    const bool may_stand = queued > 0 && page.exact;
    if (!may_stand) {
        worker.notes.unserved.reset();
    }
    if (page.begun <= page.served && !may_stand) {
        return;
    }
    const auto pids = processes_of(worker);
    if (!pids || pids->empty()) {
        worker.notes.unserved.reset();
        return;
    }
    const request::Activity activity = request::activity_of(page, *pids);
    seen.sample.in_flight = activity.in_flight;
    if (activity.oldest) {
        seen.running = std::max(seen.sample.at - activity.oldest->since, Duration::zero());
    }
    if (may_stand) {
        seen.unserved = take_standstill(worker.notes.unserved, {.at = seen.sample.at,
                                                                .queued = queued,
                                                                .accepts = page.accepted,
                                                                .begun = page.begun,
                                                                .served = page.served,
                                                                .activity = activity});
    }
}

// Whoever counted them; nullopt: nobody did.
std::optional<std::uint64_t> add_served(slots::WorkerSampled& seen, LiveWorker& worker,
                                        const std::optional<request::PageReading>& page,
                                        std::uint32_t queued) {
    const auto served = served_by(worker, page);
    if (!served) {
        return std::nullopt;
    }
    seen.sample.served = served->count;
    seen.sample.accepts = served->count;
    if (page && page->came_to_accept) {
        add_requests(seen, worker, *page, queued);
        worker.given_up = {.before = worker.given_up.last, .last = request::given_up(*page)};
    }
    return served->count;
}

// A worker that is ending gives its memory back: that is no look at its life.
bool shrinks_to_its_end(const LiveWorker& worker, Bytes bloat) {
    if (!worker.last_sample || bloat.count >= worker.last_sample->bloat.count / 4 * 3) {
        return false;
    }
    const auto exiting = worker::is_exiting(worker.pid);
    return !exiting || *exiting;
}

triggers::Sample sample_of(const cgroups::Usage& usage, MonoTime now) {
    return {.at = now, .bloat = usage.bloat, .current = usage.current, .peak = usage.peak};
}

// For memory, and the rest of the worker lives: v2 would have ended it as a whole.
bool child_was_killed(const LiveWorker& worker) {
    if (!worker.group || worker.group->version() != cgroups::Version::v1) {
        return false;
    }
    const auto oom = worker.group->oom();
    return oom && oom->oom_kill > 0;
}

// Between two looks at the listener of a worker that is sampled more often, because a gate waits
// for traffic.
constexpr Duration k_listener_looks = std::chrono::milliseconds(100);

// Between two whole looks at the memory of a worker that stands still.
constexpr Duration k_whole_look = std::chrono::seconds(10);

// Nothing was charged to it or given back since it was measured, and it could double without being
// near to what it is retired at. (At its limit usage stands still while cache makes way.)
bool stands_still(const LiveWorker& worker, const policies::Policy& policy, MonoTime now) {
    if (!worker.group || !worker.last_sample || now - worker.measured_at >= k_whole_look) {
        return false;
    }
    const Bytes before = worker.last_sample->current;
    for (const auto& level : {policy.recycle.memory, worker.born_under.memory_max}) {
        if (level && before.count > level->count / 2) {
            return false;
        }
    }
    const auto current = worker.group->current();
    return current && *current == before;
}

// Of one that stands still, what it was.
Result<cgroups::Usage> measure(LiveWorker& worker, const policies::Policy& policy, MonoTime now) {
    if (stands_still(worker, policy, now)) {
        const triggers::Sample& last = *worker.last_sample;
        return cgroups::Usage{.current = last.current, .bloat = last.bloat, .peak = last.peak};
    }
    worker.measured_at = now;
    return usage_of(worker);
}

// As the decider has measured it so far, for the worker's record.
std::optional<double> growth_of(const slots::Decider& decider, WorkerId id) {
    const slots::Slot* slot = decider.find(id.slot);
    const slots::Worker* worker = slot == nullptr ? nullptr : slots::worker_of(slot->front);
    if (worker == nullptr || worker->id != id) {
        return std::nullopt;
    }
    const auto growth = worker->trend.growth_per_request();
    return growth ? std::optional(static_cast<double>(growth->count)) : std::nullopt;
}

} // namespace

// What shows at a glance that a look at all would not find it idle: requests in flight, by the
// recorder's word (a worker that says so for ever is held until drain.timeout, as one that keeps a
// connection for ever is), or connections that wait for a worker where there is none.
std::optional<slots::IdleSeen> Looking::busy_at_a_glance(ListenerId listener,
                                                         const LiveWorker* worker) {
    slots::IdleSeen idle{.listener = listener};
    if (worker != nullptr) {
        add_recorded(idle, *worker);
    }
    if (worker != nullptr && idle.connections == 0) {
        return std::nullopt;
    }
    if (const auto queued = worker::queue_length(uses_.slots.fd(listener), uses_.diag)) {
        uses_.listeners.note_queued(listener, *queued);
        idle.queued = *queued;
    }
    return idle.connections > 0 || idle.queued > 0 ? std::optional(idle) : std::nullopt;
}

void Looking::carry_out(const slots::LookIdle& action) {
    LiveWorker* worker = action.worker ? find_in(uses_.workers, *action.worker) : nullptr;
    if (worker != nullptr) {
        drop_probe(*worker); // our own question, if it was still starting, is no client
    }
    const Duration before = systemd::EventLoop::processor_time();
    if (auto busy = busy_at_a_glance(action.listener, worker)) {
        busy->took = systemd::EventLoop::processor_time() - before;
        return uses_.learn.learn(*busy);
    }
    const auto seen = worker::look(watched(uses_, action, worker), uses_.diag);
    const Duration took = systemd::EventLoop::processor_time() - before;
    if (!seen) {
        uses_.telling.complain(seen.error());
        // unknown is not idle
        uses_.learn.learn(
            slots::IdleSeen{.listener = action.listener, .unsettled = 1, .took = took});
        return;
    }
    uses_.listeners.note_queued(action.listener, seen->queued);
    slots::IdleSeen idle{.listener = action.listener,
                         .queued = seen->queued,
                         .half_open = seen->half_open,
                         .connections = seen->connections,
                         .unsettled = seen->unsettled,
                         .took = took};
    if (may_be_others(uses_, action.listener, worker) && holds_nothing(worker)) {
        idle.connections = 0;
    }
    if (worker != nullptr) {
        add_recorded(idle, *worker);
        if (const auto exiting = worker::is_exiting(worker->pid); !exiting || *exiting) {
            idle.unsettled += 1; // it closes what it had not finished: that is no drain
        }
    }
    uses_.learn.learn(idle);
}

void Looking::carry_out(const slots::TakeSample& action) {
    LiveWorker* worker = find_in(uses_.workers, action.worker);
    if (worker == nullptr || exit_of(*worker) != nullptr || worker->pid == 0) {
        return;
    }
    if (auto told = outside_.put_back(action.worker, *worker)) {
        uses_.telling.announce(std::move(*told));
    }
    if (uses_.loop.now() - worker->listener_seen_at >= k_listener_looks) {
        worker->listener_seen_at = uses_.loop.now();
        if (const auto amiss = uses_.listeners.look_at(worker->listener)) {
            uses_.learn.learn(*amiss);
        }
    }
    const auto usage = measure(*worker, uses_.policy, uses_.loop.now());
    if (!usage || shrinks_to_its_end(*worker, usage->bloat)) {
        if (!usage) {
            uses_.telling.complain(
                Error(usage.error()).within("measure " + uses_.slots.name(action.worker)));
        }
        return;
    }
    slots::WorkerSampled seen{.worker = action.worker,
                              .sample = sample_of(*usage, uses_.loop.now())};
    uses_.blaming.take(*worker);
    uses_.launches.look_who_counts(action.worker, *worker, look_patience(uses_.loop));
    const auto page = page_of(*worker);
    const auto served = add_served(seen, *worker, page, uses_.slots.seen(worker->listener).queued);
    if (page) {
        tell_of_children(action.worker, *worker, *page);
        uses_.channels.look_at_untaken(action.worker, *worker, *page, uses_.loop.now());
    }
    take_notes(*worker, seen, served);
    worker->last_sample = seen.sample;
    note_cpu_of(*worker, uses_.loop.now(), seen, uses_.policy.recycle, uses_.link);
    uses_.containment.look_at_memory(uses_.loop.now());
    worker->growth_per_request = growth_of(uses_.decider, action.worker);
    look_for_killed_child(action.worker, *worker);
    uses_.learn.learn(seen);
}

void Looking::look_for_killed_child(WorkerId id, LiveWorker& worker) {
    if (worker.measured_at == uses_.loop.now() && !worker.child_oom && child_was_killed(worker)) {
        worker.child_oom = true;
        uses_.learn.learn(slots::ChildKilled{id});
    }
}

void Looking::tell_of_children(WorkerId id, LiveWorker& worker, const request::PageReading& page) {
    for (const GoneChild& child : look_at_children(worker, page, uses_.loop.now())) {
        if (auto members = death_of_child(worker, child, uses_.loop.now())) {
            uses_.telling.announce({.at = uses_.loop.wall_now(),
                                    .event = control::name_of(EventName::child_died),
                                    .slot = uses_.slots.name(id.slot),
                                    .generation = id.generation,
                                    .members = std::move(*members)});
        }
    }
}

void Looking::carry_out(const slots::LookRoom&) {
    slots::RoomSeen seen{.room = uses_.containment.room(uses_.policy)};
    for (auto& [id, worker] : uses_.workers) {
        const bool starts =
            worker.pid != 0 && !worker.ready_at && exit_of(worker) == nullptr && worker.group;
        if (const auto usage = starts ? worker.group->usage() : Result<cgroups::Usage>(Error{})) {
            seen.starting.push_back({id, usage->bloat});
        }
    }
    uses_.learn.learn(std::move(seen));
}

} // namespace recycler::controller
