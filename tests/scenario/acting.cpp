// SPDX-License-Identifier: MIT
// The model's side of each action, and what must never be ordered.
#include "recycler/slots/due/capacity.hpp"
#include "tests/scenario/world.hpp"

#include <algorithm>
#include <utility>

namespace scenario {

std::string name(WorkerId id) {
    return (id.slot == k_spare_slot ? "spare" : std::to_string(id.slot.index)) + "." +
           std::to_string(id.generation);
}
std::string name(ListenerId id) {
    return std::to_string(id.slot.index) + "/" + std::to_string(id.serial);
}

// A worker that exists for the keeper; null when it has ended already, which every order on it must
// tolerate.
ModelWorker* World::living(WorkerId id, const char* action) {
    const auto it = workers_.find(id);
    if (it == workers_.end()) {
        complain(std::string(action) + " for the unknown worker " + name(id));
        return nullptr;
    }
    return it->second.alive ? &it->second : nullptr;
}

// A gate closes, or a worker parks, by our own decision: is the app allowed to lose this slot now?
void World::check_budget(SlotId id) {
    const auto& slots = decider_->slots();
    const auto slot =
        std::find_if(slots.begin(), slots.end(), [&](const slots::Slot& s) { return s.id == id; });
    if (slot == slots.end() || slot->wanted != slots::Wanted::in || stopping_) {
        return; // an operator's order is no decision of ours
    }
    // One that would reach memory.max before its turn comes hands its queue over beyond the budget.
    const auto is_out = [](const slots::Slot& s) {
        return s.wanted != slots::Wanted::gone && !slots::available(s);
    };
    std::erase_if(beyond_budget_, [&](SlotId beyond) {
        return std::ranges::none_of(
            slots, [&](const slots::Slot& s) { return s.id == beyond && is_out(s); });
    });
    const bool hands_on = std::holds_alternative<slots::Parking>(slot->front) && policy_.memory.max;
    const auto counts = [&](const slots::Slot& s) {
        const bool beyond =
            beyond_budget_.contains(s.id) || std::holds_alternative<slots::Parking>(s.front);
        return is_out(s) && (hands_on || s.id == id || !beyond);
    };
    const auto unavailable = static_cast<std::size_t>(std::ranges::count_if(slots, counts));
    const std::size_t budget = slots::max_unavailable(policy_.capacity, slots.size());
    if (hands_on && unavailable > budget) {
        beyond_budget_.insert(id);
    }
    if (unavailable > (hands_on ? 2 : 1) * budget) {
        complain("slot " + std::to_string(id.index) + " is made unavailable beyond the budget");
    }
}

void World::act(const slots::Launch& a) {
    if (!launched_.insert(a.worker).second) {
        complain("worker " + name(a.worker) + " is launched twice");
    }
    for (const auto& [id, other] : workers_) {
        if (other.alive && other.listener == a.listener) {
            complain("worker " + name(a.worker) + " is launched beside " + name(id) +
                     " on one listener");
        }
    }
    if (take_spare(a)) {
        return;
    }
    check_room(a.worker, need());
    ModelWorker worker{
        .listener = a.listener, .launched_at = now_, .polite = polite_ && !calm_, .bloat = need_};
    if (const auto amiss = look_at(a.listener)) {
        note(*amiss);
    }
    const bool reached = a.worker.slot == k_spare_slot || listeners_.contains(a.listener);
    if (!reached || (!calm_ && dice.one_in(30))) {
        worker.alive = false; // fork or exec failed
        worker.exit_told = true;
        workers_[a.worker] = worker;
        note(slots::WorkerExited{a.worker, slots::Ending::never_started});
        return;
    }
    if (outage_.starts == Starts::fail) {
        worker.exits_at = now_ + dice.upto(dice.one_in(5) ? Duration(6s) : Duration(20ms));
    } else if (calm_ || !dice.one_in(40)) {
        worker.ready_at = now_ + dice.upto(dice.one_in(5) ? Duration(3s) : Duration(20ms));
    }
    worker.misses = dice.one_in(20);
    worker.ending = dice.one_in(8) ? dice.upto(3s) : dice.upto(5ms);
    workers_[a.worker] = worker;
    kept_.order({a.worker, a.resting});
}

void World::act(const slots::Park& a) {
    if (ModelWorker* worker = living(a.worker, "Park")) {
        worker->park = true;
        const auto& slots = std::as_const(*decider_).slots();
        const slots::Slot* slot = std::as_const(*decider_).find(a.worker.slot);
        const bool hands_on = std::holds_alternative<slots::Parking>(slot->front);
        if (hands_on && std::ranges::any_of(slots, &slots::Slot::shut_at_stop)) {
            complain("a queue is handed on although such a worker has shut its listener down");
        }
        const bool fresh_can_be_had = machine_.can_show || slot->unsteerable != slot->listener;
        if (hands_on && slot->held == slot->listener && fresh_can_be_had) {
            complain("a listener is handed on although an outsider holds it");
        }
        if (hands_on) { // else it has been paid for, or does not serve
            check_budget(a.worker.slot);
        }
    }
}

void World::act(const slots::Unpark& a) {
    if (ModelWorker* worker = living(a.worker, "Unpark")) {
        worker->park = worker->parked = false;
    }
}

void World::act(const slots::Freeze& a) {
    if (ModelWorker* worker = living(a.worker, "Freeze")) {
        worker->frozen = true;
        // Every other one has threads.
        note(slots::FrozenSeen{a.worker, (worker->busy_until ? 1u : 0u) + kept_.resting(a.worker),
                               1 + a.worker.generation % 2});
    }
}

void World::act(const slots::Thaw& a) {
    if (ModelWorker* worker = living(a.worker, "Thaw")) {
        worker->frozen = false;
    }
}

void World::act(const slots::Examine& a) {
    (void)living(a.worker, "Examine"); // complains if there is nobody to look at
}

void World::act(const slots::RecordEnd& a) {
    const auto it = workers_.find(a.worker);
    if (it == workers_.end()) {
        complain("RecordEnd for the unknown worker " + name(a.worker));
        return;
    }
    if (it->second.alive) {
        complain("worker " + name(a.worker) + " is recorded alive");
    }
    // Who was found stuck served nobody: nobody is lost with him, but for those who rest in him.
    const bool stuck = a.trigger == Trigger::stuck && !machine_.keeps;
    const bool hung = a.order == slots::Order::hung && !stuck;
    const bool by_policy = a.order == slots::Order::drain_cut || hung || stop_now_;
    if (it->second.cut && !by_policy) {
        complain("worker " + name(a.worker) + " was stopped by us while it served a request");
    }
    if (!recorded_by_this_.insert(a.worker).second) {
        complain("worker " + name(a.worker) + " is recorded twice");
    }
    recorded_.insert(a.worker);
    note(slots::EndRecorded{a.worker, it->second.served, 0});
}

void World::act(const slots::Forget& a) {
    if (workers_.erase(a.worker) == 0) {
        complain("Forget for the unknown worker " + name(a.worker));
    }
}

void World::act(const slots::LookReady& a) {
    const ModelWorker* worker = living(a.worker, "LookReady");
    if (cannot_wait(a.worker)) {
        return;
    }
    if (worker != nullptr && worker->ready_at && now_ >= *worker->ready_at && !worker->frozen) {
        note(slots::WorkerReady{a.worker});
    }
}

void World::act(const slots::LookIdle& a) {
    const auto listener = listeners_.find(a.listener);
    if (listener == listeners_.end()) {
        complain("LookIdle for the unknown listener " + name(a.listener));
        return;
    }
    slots::IdleSeen seen{.listener = a.listener, .queued = listener->second.queued};
    if (a.worker) {
        if (const ModelWorker* worker = living(*a.worker, "LookIdle")) {
            seen.resting = kept_.resting(*a.worker);
            seen.connections = (worker->busy_until ? 1 : 0) + seen.resting;
            seen.parked = worker->parked && seen.resting == 0;
            // One that has not come to accept yet may be anywhere.
            seen.unsettled = worker->ready_at && now_ >= *worker->ready_at
                                 ? 0
                                 : (listener->second.queued > 0 ? 1 : 0);
        }
    }
    note(seen);
}

void World::act(const slots::TakeSample& a) {
    ModelWorker* worker = living(a.worker, "TakeSample");
    if (worker != nullptr) {
        const auto listener = listeners_.find(worker->listener);
        const bool unserved = listener != listeners_.end() && listener->second.queued > 0 &&
                              (worker->stands || worker->parked) && !worker->busy_until;
        worker->unserved_since =
            unserved ? std::optional(worker->unserved_since.value_or(now_)) : std::nullopt;
        if (const auto amiss = look_at(worker->listener)) {
            note(*amiss);
        }
        note(slots::WorkerSampled{
            a.worker,
            {.at = now_,
             .bloat = Bytes{bloat_of(*worker)},
             .current = Bytes{bloat_of(*worker)},
             .peak = Bytes{bloat_of(*worker)},
             .served = worker->served,
             .accepts = worker->served,
             .in_flight = worker->busy_until ? 1u : 0u},
            worker->busy_until ? std::optional(now_ - worker->busy_since) : std::nullopt,
            unserved ? std::optional(now_ - *worker->unserved_since) : std::nullopt});
    }
}

void World::act(const slots::Reply& a) {
    asked_.erase(a.request);
}
void World::act(const slots::TurnAway& a) {
    const auto listener = listeners_.find(a.listener);
    if (listener == listeners_.end()) {
        note(slots::TurnedAway{.listener = a.listener});
        return;
    }
    for (const auto& [id, worker] : workers_) {
        if (worker.alive && worker.listener == a.listener && !died_) {
            complain("who waits for " + name(id) + " is turned away");
        }
    }
    const std::uint32_t taken = std::min(a.most, listener->second.queued);
    listener->second.queued -= taken;
    outage_.turned_away += taken;
    note(slots::TurnedAway{a.listener, taken, taken, taken == a.most});
}

void World::act(const slots::Announce& a) {
    outage_.told += a.count;
    note_trial(a);
    const bool needless = held_ && a.name == EventName::due && a.trigger == Trigger::memory;
    if (needless &&
        Bytes{workers_.at({a.slot, a.generation}).bloat} < decider_->holding()->baseline) {
        complain("slot " + std::to_string(a.slot.index) + " is due for memory while that is held");
    }
}
void World::act(const slots::Warn& a) {
    const bool of_holding = a.name == EventName::holding || a.name == EventName::holding_ended;
    const bool higher_up = held_ && a.name == EventName::holding; // they need even more
    if (of_holding && held_ != (a.name == EventName::holding_ended) && !higher_up) {
        complain("told of what is so already: " + a.text);
    }
}
void World::act(const slots::Finish&) {
    finished_ = true;
}

} // namespace scenario
