// SPDX-License-Identifier: MIT
#include "recycler/control/progress.hpp"

#include "recycler/base/text/plural.hpp"
#include "recycler/base/text/spans.hpp"
#include "recycler/control/json/json.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace recycler::control {

namespace {

constexpr std::array<std::string_view, 4> k_last_words{"drained", "open", "recycled", "stopped"};

std::string last_word(Order order) {
    return std::string(k_last_words[static_cast<std::size_t>(order)]);
}

std::string named(const WorkerStatus& worker) {
    return "generation " + std::to_string(worker.generation) +
           (worker.pid ? ", pid " + std::to_string(*worker.pid) : "");
}

// What a worker that takes no more connections still does.
std::string work_left(const WorkerStatus& worker) {
    const WorkerRequests& requests = worker.requests;
    if (!requests.in_flight) {
        return "until it is idle; Recycler cannot count its requests";
    }
    if (*requests.in_flight == 0) {
        return requests.kept_open.value_or(0) > 0
                   ? kept_open_text(*requests.kept_open)
                   : "no request in flight; until nothing is queued or connected";
    }
    std::string text = text::counted_plain(*requests.in_flight, "request") + " in flight";
    if (requests.oldest) {
        text += (*requests.in_flight == 1 ? " for " : ", the oldest for ") +
                text::ticking_span(*requests.oldest);
    }
    if (requests.uri) {
        text += ": " + requests.method.value_or("") + (requests.method ? " " : "") + *requests.uri;
    }
    return text;
}

// The one that gets the connections, once there are two.
const std::optional<WorkerStatus>& front_of(const SlotStatus& slot) {
    return slot.next && slot.next->state != WorkerState::starting ? slot.next : slot.worker;
}

Progress of_worker(const SlotStatus& slot, const WorkerStatus& worker) {
    switch (worker.state) {
    case WorkerState::starting:
        return {slot.slot, "starting", named(worker) + " is not ready yet"};
    case WorkerState::draining:
    case WorkerState::parked:
        return {slot.slot, "draining", work_left(worker)};
    case WorkerState::stopping:
        return {slot.slot, "stopping", named(worker) + " has got its stop signal"};
    case WorkerState::serving:
    case WorkerState::drained:
        return {slot.slot, "waiting", std::nullopt};
    }
    return {slot.slot, "waiting", std::nullopt};
}

} // namespace

std::string kept_open_text(std::uint64_t connections) {
    return connections == 1 ? "until a client closes the connection that it keeps open"
                            : "until clients close the " + std::to_string(connections) +
                                  " connections that they keep open";
}

Goal recycle_goal(const SlotStatus& slot) {
    const auto& front = front_of(slot);
    if (!front) {
        return {Order::recycle, 0};
    }
    const bool is_fresh = front->state == WorkerState::starting;
    return {Order::recycle, is_fresh ? front->generation : front->generation + 1};
}

bool is_reached(const Goal& goal, const SlotStatus& slot) {
    switch (goal.order) {
    case Order::drain:
        return slot.state == SlotState::drained && !slot.next;
    case Order::open:
        return slot.gate != Gate::closed;
    case Order::recycle:
        return slot.worker && !slot.next && slot.worker->generation >= goal.generation &&
               slot.worker->state != WorkerState::starting &&
               slot.worker->state != WorkerState::stopping;
    case Order::stop:
        return !slot.worker && !slot.next;
    }
    return false;
}

Progress progress_of(const Goal& goal, const SlotStatus& slot) {
    if (is_reached(goal, slot)) {
        const bool is_new = goal.order == Order::recycle;
        return {slot.slot, last_word(goal.order),
                is_new ? std::optional(named(*slot.worker)) : std::nullopt};
    }
    if (slot.due && slot.due->waiting_for && goal.order == Order::recycle) {
        return {slot.slot, "waiting", "for " + *slot.due->waiting_for};
    }
    if (slot.next && slot.next->state == WorkerState::starting) {
        return of_worker(slot, *slot.next);
    }
    if (slot.worker) {
        return of_worker(slot, *slot.worker);
    }
    if (slot.braked_until) {
        return {slot.slot, "braked", "no worker until " + time_text(*slot.braked_until)};
    }
    return {slot.slot, "waiting", "for its next worker to start"};
}

bool is_last_word(std::string_view state) {
    return std::ranges::find(k_last_words, state) != k_last_words.end();
}

} // namespace recycler::control
