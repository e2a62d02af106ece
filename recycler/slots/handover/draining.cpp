// SPDX-License-Identifier: MIT
// The gate, and the ways of a front worker out: drained, parked, left.
#include "recycler/slots/decider.hpp"
#include "recycler/slots/handover/idle.hpp"
#include "recycler/slots/handover/keeping_orders.hpp"

namespace recycler::slots {

void Decider::close_gate(Slot& slot) {
    if (slot.gate == Gate::open && !hide_later(slot)) {
        slot.gate = Gate::closed;
        slot.settling.reset();
        if (slot.retiring && std::holds_alternative<Steered>(slot.retiring->phase)) {
            // Shown alone, it would be found by connections that are steered away from it.
            hide_steered(*slot.retiring);
        } else if (slot.retiring && slot.retiring->shown) {
            hide_left(*slot.retiring);
        }
        act(HideListener{slot.listener});
        announce(slot, EventName::gate_closed);
    }
}

void Decider::open_gate(Slot& slot) {
    show(slot);
    announce(slot, EventName::gate_opened);
}

void Decider::show(Slot& slot) {
    slot.gate = Gate::open;
    traffic_.wait_for(slot, policy_.capacity.settle, now_, slots_);
    act(ShowListener{slot.listener});
}

// From any state with a living worker.
void Decider::drain(Slot& slot, Then then) {
    close_gate(slot);
    Worker worker = std::move(*worker_of(slot.front));
    const bool holds = std::holds_alternative<ThenHold>(then);
    slot.front =
        Draining{.worker = std::move(worker),
                 .then = then,
                 .hidden_at = now_,
                 .cut_at = holds ? std::nullopt : std::optional(now_ + policy_.drain.timeout),
                 .looks = {.next = now_ + k_hide_settles}};
    announce(slot, EventName::draining);
}

void Decider::drained(Slot& slot) {
    auto& draining = std::get<Draining>(slot.front);
    if (const auto* replace = std::get_if<ThenReplace>(&draining.then)) {
        stop(slot, Order::recycle, replace->trigger);
    } else if (std::holds_alternative<ThenLeave>(draining.then)) {
        stop(slot, Order::stop, std::nullopt);
    } else if (slot.due) {
        stop(slot, Order::recycle, slot.due->trigger);
    } else {
        Worker worker = std::move(draining.worker);
        slot.front = Drained{std::move(worker)};
        announce(slot, EventName::drained);
    }
}

void Decider::park(Slot& slot, Trigger trigger) {
    Worker worker = std::move(*worker_of(slot.front));
    act(Park{worker.id});
    slot.front = Parking{.worker = std::move(worker),
                         .trigger = trigger,
                         .cut_at = now_ + policy_.drain.timeout,
                         .looks = {.next = now_ + std::chrono::milliseconds(1)}};
    announce(slot, EventName::parking);
}

// One request runs for longer than recycle.hung, or nobody is served and nobody taken for longer
// than recycle.stuck: the worker is stopped as it is, whatever else is under way, as soon as the
// budget admits it. One that the operator holds is the operator's to end.
void Decider::end_at_once(Slot& slot, Trigger trigger) {
    const auto* draining = std::get_if<Draining>(&slot.front);
    const bool taken_up =
        std::holds_alternative<Parking>(slot.front) ||
        (draining != nullptr && !std::holds_alternative<ThenHold>(draining->then));
    if (!taken_up && !std::holds_alternative<Serving>(slot.front)) {
        return;
    }
    const bool affordable = within_budget(slots_, slot, policy_.capacity);
    if (machine_.dry_run == DryRun::on || !affordable) {
        set_due(slot, trigger); // looked at again with the next sample
        return;
    }
    if (slot.successor) {
        doom_successor(slot, Order::cancel);
    }
    if (machine_.can_show && !last_open(slots_, slot)) {
        close_gate(slot);
    }
    if (trigger == Trigger::stuck) {
        act(Park{worker_of(slot.front)->id}); // should it come round now, it takes nobody
    }
    act(Examine{worker_of(slot.front)->id});
    if (trigger == Trigger::stuck && shut_at_stop()) { // what waits in its queue would be lost
        act(KillWorker{worker_of(slot.front)->id});
        begin_stopping(slot, Order::hung, trigger, now_ + k_kill_again);
        return;
    }
    stop(slot, Order::hung, trigger);
}

// The slot is to end: nothing new comes in, and all that waits is served first.
void Decider::leave(Slot& slot) {
    slot.wanted = Wanted::gone;
    slot.due.reset();
    if (slot.successor) {
        doom_successor(slot, Order::cancel);
    }
    if (std::holds_alternative<Vacant>(slot.front)) {
        close_gate(slot);
        slot.front = Leaving{.hidden_at = now_, .looks = {.next = now_ + k_hide_settles}};
        return;
    }
    if (std::holds_alternative<Leaving>(slot.front) ||
        std::holds_alternative<Stopping>(slot.front)) {
        close_gate(slot);
        return;
    }
    if (const auto* parking = std::get_if<Parking>(&slot.front)) {
        const WorkerId id = parking->worker.id;
        act(Unpark{id});
        act(Thaw{id});
    }
    drain(slot, ThenLeave{});
}

void Decider::on(const IdleSeen& event) {
    looks_rest_.took(now_, event.took, slots_);
    Slot* slot = find(event.listener.slot);
    if (slot == nullptr) {
        return;
    }
    if (slot->listener == event.listener) {
        if (Worker* front = worker_of(slot->front)) {
            note_resting(*front, event, now_);
        }
        front_idle(*slot, event);
    } else if (slot->retiring && slot->retiring->worker.listener == event.listener) {
        note_resting(slot->retiring->worker, event, now_);
        retiring_idle(*slot, event);
    }
}

void Decider::front_idle(Slot& slot, const IdleSeen& seen) {
    if (const auto* draining = std::get_if<Draining>(&slot.front)) {
        if (is_shut(slot) && proven_idle(seen, now_ - draining->hidden_at)) {
            drained(slot);
        }
    } else if (const auto* leaving = std::get_if<Leaving>(&slot.front)) {
        if (seen.queued > 0) {
            launch_front(slot);
        } else if (is_shut(slot) && proven_idle(seen, now_ - leaving->hidden_at)) {
            slot.front = Vacant{};
        }
    } else if (const auto* parking = std::get_if<Parking>(&slot.front)) {
        if (seen.connections == 0 && seen.unsettled == 0) {
            if (seen.parked) {
                parked(slot, 0);
            } else {
                // It waits inside accept(), where a connection may reach it at any instant: only a
                // stopped process can be shown to hold none.
                act(Freeze{parking->worker.id});
            }
        }
    }
}

// What of the front's deadlines has passed.
void Decider::fire_front(Slot& slot) {
    if (Worker* worker = worker_of(slot.front)) {
        sample(*worker);
    }
    if (auto* vacant = std::get_if<Vacant>(&slot.front)) {
        if (vacant->launch_at && now_ >= *vacant->launch_at && !slot.broken && !turns_away(slot) &&
            takes_its_turn(slot, *vacant)) {
            launch_front(slot);
        }
    } else if (auto* leaving = std::get_if<Leaving>(&slot.front)) {
        if (now_ >= leaving->looks.next) {
            act(LookIdle{slot.listener, std::nullopt});
            leaving->looks.again(now_);
        }
    } else if (auto* starting = std::get_if<Starting>(&slot.front)) {
        fire_starting(slot, *starting);
    } else if (auto* draining = std::get_if<Draining>(&slot.front)) {
        fire_draining(slot, *draining);
    } else if (auto* parking = std::get_if<Parking>(&slot.front)) {
        fire_parking(slot, *parking);
    } else if (auto* stopping = std::get_if<Stopping>(&slot.front)) {
        fire_stopping(*stopping);
    }
}

void Decider::fire_draining(Slot& slot, Draining& draining) {
    switch (draining.looks.turn(now_, draining.cut_at)) {
    case Looks::Turn::cut: {
        const auto* replace = std::get_if<ThenReplace>(&draining.then);
        stop(slot, Order::drain_cut,
             replace == nullptr ? std::nullopt : std::optional(replace->trigger));
        return;
    }
    case Looks::Turn::look:
        act(LookIdle{slot.listener, draining.worker.id});
        draining.looks.again(now_);
        return;
    case Looks::Turn::wait:
        return;
    }
}

void Decider::fire_parking(Slot& slot, Parking& parking) {
    switch (parking.looks.turn(now_, parking.cut_at)) {
    case Looks::Turn::cut:
        stop(slot, Order::drain_cut, parking.trigger);
        return;
    case Looks::Turn::look:
        act(LookIdle{slot.listener, parking.worker.id});
        parking.looks.again(now_);
        return;
    case Looks::Turn::wait:
        return;
    }
}

} // namespace recycler::slots
