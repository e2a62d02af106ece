// SPDX-License-Identifier: MIT
// What people ask for: drain, open, recycle, stop, and a changed policy.
#include "recycler/slots/decider.hpp"

namespace recycler::slots {

namespace {

constexpr const char* k_going_away = "the policy no longer has the slot, and it is going away";

bool listed(const std::vector<SlotId>& slots, SlotId id) {
    return std::find(slots.begin(), slots.end(), id) != slots.end();
}

// Of the slots asked for, those that are there to stay.
std::vector<SlotId> staying(const std::vector<Slot>& slots, const std::vector<SlotId>& asked) {
    std::vector<SlotId> stay;
    for (const Slot& slot : slots) {
        if (slot.wanted != Wanted::gone && listed(asked, slot.id)) {
            stay.push_back(slot.id);
        }
    }
    return stay;
}

// Whether a recycle of this worker can still be asked for: it is not being replaced or ended
// already.
bool may_become_due(const Front& front) {
    const auto* draining = std::get_if<Draining>(&front);
    return std::holds_alternative<Serving>(front) ||
           (draining != nullptr && std::holds_alternative<ThenHold>(draining->then));
}

// What has failed until now proves nothing any more. Those that waited for the brake take turns.
void release_brake(Slot& slot, MonoTime now) {
    const bool held = slot.brake.holds(now).has_value();
    slot.brake = Brake{};
    auto* vacant = std::get_if<Vacant>(&slot.front);
    if (vacant != nullptr && vacant->turn == TurnToStart::wanted && vacant->launch_at) {
        vacant->launch_at = std::min(*vacant->launch_at, now);
        vacant->unbraked = held;
    }
}

} // namespace

void Decider::refuse(RequestId request, std::string reason) {
    act(Reply{.request = request, .outcome = Outcome::refused, .reason = std::move(reason)});
}

// Empty when the drain may begin.
std::string Decider::refusal_to_drain(const DrainRequested& event) const {
    if (stopping_) {
        return "the app is stopping";
    }
    if (staying(slots_, event.slots).empty()) {
        return k_going_away;
    }
    if (!machine_.can_show) {
        return "without CAP_NET_RAW the daemon could not open a closed gate again";
    }
    const bool stays_open = std::any_of(slots_.begin(), slots_.end(), [&](const Slot& slot) {
        return slot.wanted == Wanted::in && slot.gate == Gate::open &&
               !listed(event.slots, slot.id);
    });
    if (!stays_open && !event.force) {
        return "this would close the last open gate of the app, and every request would be "
               "refused; use --force to do it nevertheless";
    }
    return {};
}

void Decider::on(const DrainRequested& event) {
    if (std::string refusal = refusal_to_drain(event); !refusal.empty()) {
        refuse(event.request, std::move(refusal));
        return;
    }
    const std::vector<SlotId> slots = staying(slots_, event.slots);
    for (const SlotId id : slots) {
        take_out(*find(id));
    }
    calls_.wait_for_drain(event.request, slots,
                          event.timeout ? std::optional(now_ + *event.timeout) : std::nullopt);
}

void Decider::take_out(Slot& slot) {
    slot.wanted = Wanted::out;
    slot.unattended.reset();
    if (slot.successor) {
        doom_successor(slot, Order::cancel);
    }
    if (const auto* parking = std::get_if<Parking>(&slot.front)) {
        const WorkerId id = parking->worker.id;
        act(Unpark{id});
        act(Thaw{id});
        drain(slot, ThenHold{});
    } else if (std::holds_alternative<Serving>(slot.front)) {
        drain(slot, ThenHold{});
    } else {
        close_gate(slot); // whoever serves it next is drained when ready
    }
    if (slot.due && slot.due->trigger != Trigger::policy) {
        slot.due.reset(); // a worker of the policy before is replaced all the same, once idle
    }
    for (Reply& reply : calls_.refuse_recycles_of(slot.id, "the slot was drained instead")) {
        act(std::move(reply));
    }
}

// Empty when all of them may be opened.
std::string Decider::refusal_to_open(const OpenRequested& event) const {
    if (stopping_) {
        return "the app is stopping";
    }
    if (staying(slots_, event.slots).size() < event.slots.size()) {
        return k_going_away;
    }
    for (const Slot& slot : slots_) {
        if (!listed(event.slots, slot.id)) {
            continue;
        }
        if (slot.gate == Gate::closed && !machine_.can_show) {
            return "without CAP_NET_RAW the daemon cannot open a closed gate again";
        }
        if (slot.wanted == Wanted::out && std::holds_alternative<Stopping>(slot.front)) {
            return "its worker is stopping; open the slot when the next worker is ready";
        }
    }
    return {};
}

void Decider::on(const OpenRequested& event) {
    if (std::string refusal = refusal_to_open(event); !refusal.empty()) {
        refuse(event.request, std::move(refusal));
        return;
    }
    for (const SlotId id : event.slots) {
        Slot& slot = *find(id);
        slot.wanted = Wanted::in;
        Worker* worker = worker_of(slot.front);
        const auto* draining = std::get_if<Draining>(&slot.front);
        const bool held = std::holds_alternative<Drained>(slot.front) ||
                          (draining != nullptr && std::holds_alternative<ThenHold>(draining->then));
        if (held) {
            Worker kept = std::move(*worker);
            slot.front = Serving{std::move(kept)};
            open_gate(slot);
        } else if (const auto* vacant = std::get_if<Vacant>(&slot.front);
                   vacant != nullptr && vacant->launch_at) {
            // Somebody may be in its queue, who has not been waited for while it was out.
            leave_unattended(slot, slot.next_generation - 1, *vacant->launch_at, false);
        }
    }
    act(Reply{.request = event.request});
}

// Empty when the recycle may begin.
std::string Decider::refusal_to_recycle(const RecycleRequested& event) const {
    if (stopping_) {
        return "the app is stopping";
    }
    if (machine_.dry_run == DryRun::on) {
        return "this is a dry run: no worker is retired";
    }
    return staying(slots_, event.slots).empty() ? k_going_away : "";
}

void Decider::on(const RecycleRequested& event) {
    if (std::string refusal = refusal_to_recycle(event); !refusal.empty()) {
        refuse(event.request, std::move(refusal));
        return;
    }
    const std::vector<SlotId> slots = staying(slots_, event.slots);
    const bool all = std::ranges::all_of(slots_, [&](const Slot& slot) {
        return slot.wanted == Wanted::gone || listed(slots, slot.id);
    });
    if (all && tries_first()) {
        Trial& trial = begin_trial(Trigger::operator_);
        trial.by_operator = true;
        trial.recycles.push_back(event.request);
        return;
    }
    recycle(event.request, slots);
}

// `request`: who waits for it; 0: nobody.
void Decider::recycle(RequestId request, const std::vector<SlotId>& slots) {
    for (const SlotId id : slots) {
        if (const Slot& slot = *find(id); slot.broken && slot.unopened) {
            return act(Reply{.request = request,
                             .outcome = Outcome::refused,
                             .reason = no_fresh_listener(slot.unopened->why),
                             .slot = id});
        }
    }
    if (request != 0) {
        calls_.wait_for_recycle(request, slots, slots_);
    }
    for (const SlotId id : slots) {
        Slot& slot = *find(id);
        if (slot.brake.holds(now_)) {
            release_brake(slot, now_); // the operator has mended it, or tries
        }
        if (std::holds_alternative<Drained>(slot.front)) {
            stop(slot, Order::recycle, Trigger::operator_);
        } else if (may_become_due(slot.front)) {
            set_due(slot, Trigger::operator_);
        }
    }
}

void Decider::on(const PolicyChanged& event) {
    if (policy_.drain.stop_signal != event.policy.drain.stop_signal || event.workers_change) {
        for (Slot& slot : slots_) {
            slot.stops = {};
        }
    }
    policy_ = event.policy;
    storm_.restore(std::nullopt); // whatever has changed may have made a fresh worker smaller
    for (Slot& slot : slots_) {
        release_brake(slot, now_);
        if (Worker* worker = worker_of(slot.front)) {
            worker->lives_on.reset();
        }
    }
    plan_ += event.workers_change ? 1 : 0;
    std::vector<SlotId> added;
    for (const AddedSlot& fresh : event.added) {
        add_slot(fresh.slot, fresh.first_generation).front = Vacant{.launch_at = now_};
        added.push_back(fresh.slot);
    }
    to_remove_.insert(to_remove_.end(), event.removed.begin(), event.removed.end());
    if (!event.workers_change) {
        return;
    }
    if (tries_first()) {
        Trial& trial = begin_trial(Trigger::policy);
        trial.by_policy = true;
        if (event.request != 0) {
            trial.reloads.push_back(event.request);
        }
        return;
    }
    if (trial_) {
        pass_trial(); // of what there was before
    }
    added.insert(added.end(), event.removed.begin(), event.removed.end());
    outdate(added);
}

// The workers of all other slots are of a plan before.
void Decider::outdate(const std::vector<SlotId>& left_alone) {
    for (Slot& slot : slots_) {
        if (listed(left_alone, slot.id)) {
            continue;
        }
        if (std::holds_alternative<Drained>(slot.front) && machine_.dry_run == DryRun::off) {
            stop(slot, Order::recycle, Trigger::policy);
        } else {
            if (slot.successor) {
                doom_successor(slot, Order::cancel); // made by the policy before
            }
            if (may_become_due(slot.front) || std::holds_alternative<Starting>(slot.front)) {
                set_due(slot, Trigger::policy);
            }
        }
    }
}

// New slots first: those that left the policy are drained when none of the others is in its first
// start any more.
void Decider::remove_slots() {
    const bool starting = std::any_of(slots_.begin(), slots_.end(), [&](const Slot& slot) {
        return std::holds_alternative<Starting>(slot.front) &&
               slot.next_generation == slot.first_generation + 1 && !listed(to_remove_, slot.id);
    });
    if (to_remove_.empty() || starting) {
        return;
    }
    for (const SlotId id : std::exchange(to_remove_, {})) {
        if (Slot* slot = find(id)) {
            leave(*slot);
        }
    }
}

} // namespace recycler::slots
