// The gate, and the ways of a front worker out: drained, parked, stopped, left.
#include "recycler/fleet/fleet.hpp"
#include "recycler/fleet/idle.hpp"

namespace recycler::fleet {

void Fleet::close_gate(Slot& slot) {
    if (slot.gate == Gate::open && !hide_later(slot)) {
        slot.gate = Gate::closed;
        slot.settling.reset();
        if (slot.retiring && std::holds_alternative<Steered>(slot.retiring->phase)) {
            // Shown alone, it would be found by connections that are steered away from it.
            hide_steered(*slot.retiring);
        }
        act(HideListener{slot.listener});
        announce(slot, "gate-closed");
    }
}

void Fleet::open_gate(Slot& slot) {
    show(slot);
    announce(slot, "gate-opened");
}

void Fleet::show(Slot& slot) {
    slot.gate = Gate::open;
    slot.settling = Settling{.until = now_ + policy_.capacity.settle, .opened_at = now_};
    if (Worker* worker = worker_of(slot.front)) {
        slot.settling->accepted_before = worker->last ? worker->last->accepts : 0;
        worker->sample_at = now_;
    }
    act(ShowListener{slot.listener});
}

// From any state with a living worker.
void Fleet::drain(Slot& slot, Then then) {
    close_gate(slot);
    Worker worker = std::move(*worker_of(slot.front));
    const bool holds = std::holds_alternative<ThenHold>(then);
    slot.front =
        Draining{.worker = std::move(worker),
                 .then = then,
                 .hidden_at = now_,
                 .cut_at = holds ? std::nullopt : std::optional(now_ + policy_.drain.timeout),
                 .looks = {.next = now_ + k_hide_settles}};
    announce(slot, "draining");
}

void Fleet::drained(Slot& slot) {
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
        announce(slot, "drained");
    }
}

void Fleet::park(Slot& slot, Trigger trigger) {
    Worker worker = std::move(*worker_of(slot.front));
    act(Park{worker.id});
    slot.front = Parking{.worker = std::move(worker),
                         .trigger = trigger,
                         .cut_at = now_ + policy_.drain.timeout,
                         .looks = {.next = now_ + std::chrono::milliseconds(1)}};
    announce(slot, "parking");
}

// The parking worker holds nothing and accepts nothing more; its gate may be open. Of several
// threads inside accept() the stop signal reaches one: let go on to hear it, another could take a
// connection from the queue that the end of the process would cut. Such a worker is frozen, and
// ends there.
void Fleet::parked(Slot& slot, std::uint32_t accepting) {
    const auto& parking = std::get<Parking>(slot.front);
    const Trigger trigger = parking.trigger;
    if (accepting > 1) {
        act(KillWorker{parking.worker.id});
        begin_stopping(slot, Order::recycle, trigger, now_ + k_kill_again);
        return;
    }
    const MonoTime proof_by = parking.cut_at;
    stop(slot, Order::recycle, trigger);
    std::get<Stopping>(slot.front).proof_by = proof_by;
}

void Fleet::stop(Slot& slot, Order order, std::optional<Trigger> trigger) {
    act(StopWorker{worker_of(slot.front)->id});
    begin_stopping(slot, order, trigger, now_ + policy_.drain.stop_timeout);
}

void Fleet::begin_stopping(Slot& slot, Order order, std::optional<Trigger> trigger,
                           MonoTime kill_at) {
    Worker worker = std::move(*worker_of(slot.front));
    slot.front = Stopping{.worker = std::move(worker),
                          .order = order,
                          .trigger = trigger,
                          .kill_at = kill_at,
                          .proof_by = std::nullopt};
    announce(slot, "stopping");
    if (order == Order::recycle && trigger == Trigger::memory) {
        retired_for_memory(*worker_of(slot.front));
    }
}

// One request runs for longer than recycle.hung: its worker is stopped although busy, whatever else
// is under way, as soon as the budget admits it. One that the operator holds is the operator's to
// end.
void Fleet::end_hung(Slot& slot) {
    const auto* draining = std::get_if<Draining>(&slot.front);
    const bool taken_up =
        std::holds_alternative<Parking>(slot.front) ||
        (draining != nullptr && !std::holds_alternative<ThenHold>(draining->then));
    if (!taken_up && !std::holds_alternative<Serving>(slot.front)) {
        return;
    }
    const bool affordable = within_budget(slots_, slot, policy_.capacity);
    if (machine_.dry_run == DryRun::on || !affordable) {
        set_due(slot, Trigger::hung); // looked at again with the next sample
        return;
    }
    if (slot.successor) {
        doom_successor(slot, Order::cancel);
    }
    if (machine_.can_show && !last_open(slots_, slot)) {
        close_gate(slot);
    }
    act(Examine{worker_of(slot.front)->id});
    stop(slot, Order::hung, Trigger::hung);
}

// The slot is to end: nothing new comes in, and all that waits is served first.
void Fleet::leave(Slot& slot) {
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

void Fleet::on(const IdleSeen& event) {
    looks_rest_.took(now_, event.took, slots_);
    Slot* slot = find(event.listener.slot);
    if (slot == nullptr) {
        return;
    }
    if (slot->listener == event.listener) {
        front_idle(*slot, event);
    } else if (slot->retiring && slot->retiring->worker.listener == event.listener) {
        retiring_idle(*slot, event);
    }
}

void Fleet::front_idle(Slot& slot, const IdleSeen& seen) {
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

void Fleet::on(const FrozenSeen& event) {
    Slot* slot = find(event.worker.slot);
    const Worker* worker = slot == nullptr ? nullptr : worker_of(slot->front);
    if (worker == nullptr || worker->id != event.worker) {
        return;
    }
    auto* stopping = std::get_if<Stopping>(&slot->front);
    if (stopping != nullptr && stopping->proof_by) {
        if (event.connections == 0) {
            act(KillWorker{event.worker});
            stopping->kill_at = now_ + k_kill_again;
        } else {
            act(Thaw{event.worker});
            stopping->kill_at = now_ + k_proof_again;
        }
    } else if (std::holds_alternative<Parking>(slot->front) && event.connections == 0) {
        parked(*slot, event.accepting);
    } else {
        act(Thaw{event.worker});
    }
}

// What of the front's deadlines has passed.
void Fleet::fire_front(Slot& slot) {
    if (Worker* worker = worker_of(slot.front)) {
        sample(*worker);
    }
    if (auto* vacant = std::get_if<Vacant>(&slot.front)) {
        if (vacant->launch_at && now_ >= *vacant->launch_at && !slot.broken &&
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
        if (draining->cut_at && now_ >= *draining->cut_at) {
            const auto* replace = std::get_if<ThenReplace>(&draining->then);
            stop(slot, Order::drain_cut,
                 replace == nullptr ? std::nullopt : std::optional(replace->trigger));
        } else if (now_ >= draining->looks.next) {
            act(LookIdle{slot.listener, draining->worker.id});
            draining->looks.again(now_);
        }
    } else if (auto* parking = std::get_if<Parking>(&slot.front)) {
        if (now_ >= parking->cut_at) {
            stop(slot, Order::drain_cut, parking->trigger);
        } else if (now_ >= parking->looks.next) {
            act(LookIdle{slot.listener, parking->worker.id});
            parking->looks.again(now_);
        }
    } else if (auto* stopping = std::get_if<Stopping>(&slot.front)) {
        fire_stopping(*stopping);
    }
}

void Fleet::fire_starting(Slot& slot, Starting& starting) {
    if (now_ >= starting.give_up_at) {
        // It may have come to accept() at this very instant: killed only when it is shown to hold
        // nothing.
        Worker worker = std::move(starting.worker);
        slot.front = Stopping{.worker = std::move(worker),
                              .order = Order::start_timeout,
                              .trigger = std::nullopt,
                              .kill_at = now_,
                              .proof_by = now_ + policy_.drain.timeout};
        announce(slot, "stopping", "it was not ready within start.timeout");
    } else if (now_ >= starting.looks.next) {
        act(LookReady{starting.worker.id});
        starting.looks.again(now_);
    }
}

void Fleet::fire_stopping(Stopping& stopping) {
    if (now_ < stopping.kill_at) {
        return;
    }
    if (stopping.proof_by && now_ < *stopping.proof_by) {
        act(Freeze{stopping.worker.id});
        stopping.kill_at = now_ + k_proof_again;
        return;
    }
    if (std::exchange(stopping.proof_by, std::nullopt)) {
        stopping.order = Order::drain_cut; // busy for as long as drain.timeout allows
    }
    act(KillWorker{stopping.worker.id});
    stopping.kill_at = now_ + k_kill_again;
}

} // namespace recycler::fleet
