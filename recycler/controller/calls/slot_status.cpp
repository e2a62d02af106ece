// SPDX-License-Identifier: MIT
#include "recycler/controller/calls/slot_status.hpp"

#include "recycler/controller/workers/children.hpp"
#include "recycler/controller/workers/counting.hpp"
#include "recycler/death/verdict.hpp"

#include <algorithm>

namespace recycler::controller {

namespace {

using control::SlotState;
using control::WorkerState;

struct StateOfWorker {
    WorkerState operator()(const slots::Starting&) const { return WorkerState::starting; }
    WorkerState operator()(const slots::Serving&) const { return WorkerState::serving; }
    WorkerState operator()(const slots::Draining&) const { return WorkerState::draining; }
    WorkerState operator()(const slots::Drained&) const { return WorkerState::drained; }
    WorkerState operator()(const slots::Parking&) const { return WorkerState::parked; }
    WorkerState operator()(const slots::Stopping&) const { return WorkerState::stopping; }
    WorkerState operator()(const slots::Vacant&) const { return WorkerState::stopping; }
    WorkerState operator()(const slots::Leaving&) const { return WorkerState::stopping; }
};

SlotState state_of(const slots::Slot& slot, MonoTime now) {
    if (std::holds_alternative<slots::Drained>(slot.front)) {
        return SlotState::drained;
    }
    if (std::holds_alternative<slots::Vacant>(slot.front)) {
        return slots::held_until(slot, now) ? SlotState::braked : SlotState::empty;
    }
    if (std::holds_alternative<slots::Leaving>(slot.front)) {
        return SlotState::empty;
    }
    const auto* draining = std::get_if<slots::Draining>(&slot.front);
    const bool replaces =
        draining != nullptr && std::holds_alternative<slots::ThenReplace>(draining->then);
    const bool changes = slot.successor || slot.retiring || replaces ||
                         std::holds_alternative<slots::Parking>(slot.front) ||
                         std::holds_alternative<slots::Stopping>(slot.front) ||
                         std::holds_alternative<slots::Starting>(slot.front);
    return changes ? SlotState::replacing : SlotState::serving;
}

// What keeps its gate from being as it should be.
std::optional<std::string> trouble_of(const slots::Slot& slot) {
    if (slot.broken && slot.unopened) {
        return slot.unopened->why;
    }
    return slot.stuck ? std::optional(slot.stuck->why) : std::nullopt;
}

std::optional<control::HandoverMode> handover_of(const slots::Slot& slot) {
    if (slot.successor || slot.retiring) {
        return control::HandoverMode::overlap;
    }
    if (std::holds_alternative<slots::Parking>(slot.front)) {
        return control::HandoverMode::queue;
    }
    if (const auto* stopping = std::get_if<slots::Stopping>(&slot.front);
        stopping != nullptr && stopping->trigger) {
        return stopping->proof_by ? control::HandoverMode::queue : control::HandoverMode::close;
    }
    const auto* draining = std::get_if<slots::Draining>(&slot.front);
    if (draining != nullptr && std::holds_alternative<slots::ThenReplace>(draining->then)) {
        return control::HandoverMode::close;
    }
    return std::nullopt;
}

void add_requests(control::WorkerStatus& status, const LiveWorker& worker, MonoTime now) {
    const auto page = page_of(worker);
    if (const auto served = served_by(worker, page)) {
        status.requests.served = served->count;
        status.requests.counted_by = served->counted_by;
    }
    if (!page || !page->came_to_accept) {
        return;
    }
    status.children = worker.serving_children.size();
    const request::Activity activity = activity_now(worker, *page);
    status.requests.in_flight = activity.in_flight;
    status.requests.kept_open = request::kept_open(activity);
    if (const auto& stood = worker.notes.unserved; stood && stood->until > stood->since) {
        status.requests.unserved = stood->until - stood->since;
    }
    if (activity.oldest) {
        status.requests.oldest = std::max(now - activity.oldest->since, Duration::zero());
        status.requests.method = activity.oldest->method;
        status.requests.uri = activity.oldest->uri;
    }
}

std::string in_word(slots::Resting resting) {
    switch (resting) {
    case slots::Resting::allowed:
        return "rest";
    case slots::Resting::handed_on:
        return "handed-on";
    case slots::Resting::allowed_no_more:
        return "off"; // by the policy
    case slots::Resting::ended:
        break;
    }
    return "ended";
}

// Of one that a controller before has launched, and to whom nothing was ordered yet, as if it were
// allowed to.
control::WorkerKeeping keeping_status(const LiveWorker& worker, const slots::Keeping& keeping) {
    if (!worker.kept.wake) {
        return {.how = "off"};
    }
    control::WorkerKeeping status{.how =
                                      in_word(keeping.ordered.value_or(slots::Resting::allowed))};
    if (const auto page = page_of(worker); page && page->came_to_accept) {
        status.resting = activity_now(worker, *page).resting;
        status.came_back = page->came_back;
        status.handed_on = page->handed_on;
        status.taken = page->taken;
        status.misfits = page->misfits;
    }
    return status;
}

std::optional<control::WorkerStatus> worker_status(const Scene& scene, const slots::Worker& member,
                                                   WorkerState state) {
    const auto it = scene.workers.find(member.id);
    if (it == scene.workers.end()) {
        return std::nullopt;
    }
    const LiveWorker& worker = it->second;
    control::WorkerStatus status;
    status.generation = member.id.generation;
    status.pid = worker.pid > 0 ? std::optional(worker.pid) : std::nullopt;
    status.cgroup = worker.group ? std::optional(worker.group->path()) : std::nullopt;
    status.state = state;
    status.age = scene.now - member.launched_at;
    status.started_at = scene.wall_now - *status.age;
    status.memory.max = worker.born_under.memory_max;
    status.memory.recycle_at = scene.recycle_at;
    if (worker.last_sample) {
        status.memory.bloat = worker.last_sample->bloat;
        status.memory.current = worker.last_sample->current;
        status.memory.peak = worker.last_sample->peak;
    }
    add_requests(status, worker, scene.now);
    status.keeping = keeping_status(worker, member.keeping);
    status.spare = member.spare;
    if (const auto growth = member.trend.growth_per_request()) {
        status.growth_bytes_per_request = static_cast<std::int64_t>(growth->count);
    }
    return status;
}

} // namespace

control::SlotStatus slot_status(const Scene& scene, const slots::Slot& slot) {
    const SlotTable& slots = scene.slots;
    control::SlotStatus status;
    status.slot = slots.name(slot.id);
    status.address = policies::to_string(slots.address(slot.id));
    status.state = state_of(slot, scene.now);
    const bool open = slot.gate == slots::Gate::open;
    status.gate = !open            ? control::Gate::closed
                  : scene.can_show ? control::Gate::open
                                   : control::Gate::unavailable;
    status.handover = handover_of(slot);
    if (slot.due) {
        status.due = control::Due{std::string(to_string(slot.due->trigger)), std::nullopt};
        if (!slot.due->waiting_for.empty()) {
            status.due->waiting_for = slot.due->waiting_for;
        }
    }
    if (const auto until = slots::held_until(slot, scene.now)) {
        status.braked_until = scene.wall_now + (*until - scene.now);
    }
    const slots::Worker* front = slots::worker_of(slot.front);
    if (slot.retiring && !std::holds_alternative<slots::RetiringOrphaned>(slot.retiring->phase)) {
        const bool stops = std::holds_alternative<slots::RetiringStopping>(slot.retiring->phase);
        status.worker = worker_status(scene, slot.retiring->worker,
                                      stops ? WorkerState::stopping : WorkerState::draining);
        if (front != nullptr) {
            status.next = worker_status(scene, *front, std::visit(StateOfWorker{}, slot.front));
        }
    } else if (front != nullptr) {
        status.worker = worker_status(scene, *front, std::visit(StateOfWorker{}, slot.front));
    }
    if (slot.successor) {
        status.next = worker_status(scene, slot.successor->worker, WorkerState::starting);
    }
    status.turned_away = slot.turned_away;
    status.trouble = trouble_of(slot);
    status.last_end = scene.event_log.last_end(status.slot);
    return status;
}

control::Totals totals_of(const slots::Decider& decider, const LiveWorkers& workers) {
    control::Totals totals;
    const slots::Totals& counted = decider.totals();
    std::uint64_t requests = counted.requests;
    for (const auto& [id, worker] : workers) {
        if (const auto served = served_by(worker, page_of(worker))) {
            requests += served->count;
        }
    }
    totals.requests = requests;
    totals.turned_away = decider.turned_away();
    for (std::size_t number = 0; number < counted.recycles.size(); ++number) {
        if (const std::uint64_t count = counted.recycles[number]; count > 0) {
            totals.recycles[std::string(to_string(static_cast<Trigger>(number)))] += count;
        }
    }
    for (std::size_t number = 0; number < counted.ends.size(); ++number) {
        if (const std::uint64_t count = counted.ends[number]; count > 0) {
            totals.ends[std::string(death::name_of_code(number))] += count;
        }
    }
    return totals;
}

} // namespace recycler::controller
