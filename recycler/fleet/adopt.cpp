// Taking over from the controller before: its ledger says what was meant, the keeper what is there.
#include "recycler/fleet/fleet.hpp"

namespace recycler::fleet {

namespace {

MonoTime at(std::int64_t nanoseconds) {
    return MonoTime(Duration(nanoseconds));
}

std::optional<Trigger> trigger_of(std::uint8_t code) {
    return code < recycler::k_triggers.size() ? std::optional(static_cast<Trigger>(code))
                                              : std::nullopt;
}

bool held(const Holdings& holdings, WorkerId id) {
    return std::find(holdings.workers.begin(), holdings.workers.end(), id) !=
           holdings.workers.end();
}
bool held(const Holdings& holdings, ListenerId id) {
    return std::find(holdings.listeners.begin(), holdings.listeners.end(), id) !=
           holdings.listeners.end();
}

Worker worker_from(const LedgerWorker& row, SlotId slot, MonoTime now) {
    return Worker{.id = {slot, row.generation},
                  .listener = {slot, row.serial},
                  .launched_at = at(row.launched_at),
                  .ready_at = row.ready_at == 0 ? std::nullopt : std::optional(at(row.ready_at)),
                  .sample_at = now,
                  .trend = {},
                  .last = std::nullopt};
}

} // namespace

std::vector<Action> Fleet::adopt(MonoTime now, std::span<const SlotId> slots, const Ledger& ledger,
                                 const Holdings& holdings) {
    now_ = now;
    totals_ = ledger.totals;
    learned_ = ledger.learned;
    stopping_ = ledger.stopping != 0;
    for (std::size_t i = 0; i < ledger.slot_count; ++i) {
        adopt_slot(ledger.slots[i], holdings);
        const SlotId id{ledger.slots[i].index};
        if (std::find(slots.begin(), slots.end(), id) == slots.end() && !stopping_) {
            to_remove_.push_back(id); // it left the policy, unknown to the controller before
        }
    }
    for (const SlotId id : slots) {
        if (find(id) == nullptr) {
            Slot& slot = add_slot(id);
            slot.front = Vacant{.launch_at = now};
            if (stopping_) {
                leave(slot);
            }
        }
    }
    return end_turn();
}

void Fleet::adopt_slot(const LedgerSlot& row, const Holdings& holdings) {
    Slot& slot = add_slot({row.index});
    slot.next_generation = row.next_generation;
    slot.next_serial = row.next_serial;
    slot.listener = {slot.id, row.serial};
    slot.wanted = row.wanted;
    slot.gate = row.gate;
    slot.brake.restore(row.brake_applied, at(row.brake_until));
    if (const auto trigger = trigger_of(row.due_trigger)) {
        slot.due = Due{.trigger = *trigger, .since = at(row.due_since), .waiting_for = {}};
    }
    adopt_dead(slot, row, holdings);
    adopt_front(slot, row, holdings);
    adopt_retiring(slot, row.retiring, holdings);
    adopt_strays(slot, holdings);
    adopt_gate(slot);
}

void Fleet::adopt_dead(Slot& slot, const LedgerSlot& row, const Holdings& holdings) {
    for (const LedgerWorker& dead : row.dead) {
        const WorkerId id{slot.id, dead.generation};
        if (dead.generation != 0 && held(holdings, id)) {
            slot.dead.push_back({id, dead.order, trigger_of(dead.trigger)});
            burials_.emplace_back(Bury{id, dead.order, trigger_of(dead.trigger)});
        }
    }
}

void Fleet::adopt_front(Slot& slot, const LedgerSlot& row, const Holdings& holdings) {
    if (row.front.phase == Phase::leaving) {
        slot.front = Leaving{.hidden_at = now_, .looks = {.next = now_ + k_hidden_settles}};
        return;
    }
    Worker worker = worker_from(row.front, slot.id, now_);
    if (row.front.generation == 0 || !held(holdings, worker.id)) {
        // Never launched: writing it down came first. Nobody else has served its queue.
        if (slot.wanted == Wanted::gone) {
            slot.front = Leaving{.hidden_at = now_, .looks = {.next = now_ + k_hidden_settles}};
        } else {
            slot.front = Vacant{.launch_at = std::max(now_, slot.brake.until())};
        }
        return;
    }
    const Looks looks{.next = now_ + k_hidden_settles};
    const auto cut_at = row.front.cut_at == 0 ? now_ + policy_.drain.timeout : at(row.front.cut_at);
    switch (row.front.phase) {
    case Phase::starting:
        slot.front = Starting{std::move(worker), now_ + policy_.start.timeout, looks};
        return;
    case Phase::drained:
        slot.front = Drained{std::move(worker)};
        return;
    case Phase::draining_to_hold:
        slot.front = Draining{std::move(worker), ThenHold{}, now_, std::nullopt, looks};
        return;
    case Phase::draining_to_leave:
        slot.front = Draining{std::move(worker), ThenLeave{}, now_, cut_at, looks};
        return;
    case Phase::parking:
        act(Unpark{worker.id});
        act(Thaw{worker.id});
        [[fallthrough]];
    case Phase::draining_to_replace:
        // Cancelled, and due as before: it begins again with fresh eyes.
        slot.front = Serving{std::move(worker)};
        break;
    case Phase::stopping: {
        const WorkerId id = worker.id;
        const bool late = row.front.order == Order::start_timeout; // gets no signal, only the kill
        slot.front =
            Stopping{std::move(worker), row.front.order, trigger_of(row.front.trigger),
                     late ? now_ : now_ + policy_.drain.stop_timeout,
                     row.front.cut_at == 0 ? std::nullopt : std::optional(at(row.front.cut_at))};
        if (!late) {
            act(StopWorker{id}); // it may have been written down and not sent
        }
        return;
    }
    case Phase::none:
    case Phase::leaving:
    case Phase::serving:
        slot.front = Serving{std::move(worker)};
        break;
    }
    // Its gate may have been closed for an overlap that is cancelled now.
    slot.gate = Gate::open;
    if (slot.wanted == Wanted::out) {
        drain(slot, ThenHold{});
    }
}

void Fleet::adopt_retiring(Slot& slot, const LedgerWorker& row, const Holdings& holdings) {
    if (row.generation == 0) {
        return;
    }
    Worker worker = worker_from(row, slot.id, now_);
    const WorkerId id = worker.id;
    const ListenerId listener = worker.listener;
    const Looks looks{.next = now_ + k_hidden_settles};
    slot.retiring =
        Retiring{std::move(worker), trigger_of(row.trigger).value_or(Trigger::operator_), {}};
    // Written down and perhaps not done: the connections go to the front's listener, and this one
    // is hidden.
    act(Steer{slot.listener, 1});
    if (row.phase == Phase::stopping && held(holdings, id)) {
        act(StopWorker{id});
        slot.retiring->phase = RetiringStopping{row.order, now_ + policy_.drain.stop_timeout};
    } else if (row.phase != Phase::leaving && held(holdings, id)) {
        slot.retiring->phase = Steered{.hide_at = now_ + k_steered};
    } else if (held(holdings, listener)) {
        act(HideListener{listener});
        slot.retiring->phase = RetiringOrphaned{now_, looks};
    } else {
        slot.retiring.reset();
    }
}

// A successor that had not been steered to, or one doomed already: neither its worker nor its
// listener got a connection.
void Fleet::adopt_strays(Slot& slot, const Holdings& holdings) {
    const Worker* front = worker_of(slot.front);
    for (const WorkerId id : holdings.workers) {
        const bool known = (front != nullptr && front->id == id) ||
                           (slot.retiring && slot.retiring->worker.id == id) ||
                           std::any_of(slot.dead.begin(), slot.dead.end(),
                                       [&](const Dead& d) { return d.id == id; });
        if (id.slot == slot.id && !known) {
            act(KillWorker{id});
            Worker worker = worker_from({.generation = id.generation}, slot.id, now_);
            slot.doomed.push_back({.worker = std::move(worker),
                                   .order = Order::cancel,
                                   .kill_again_at = now_ + k_kill_again});
        }
    }
    for (const ListenerId id : holdings.listeners) {
        const bool known =
            id == slot.listener || (slot.retiring && slot.retiring->worker.listener == id);
        if (id.slot == slot.id && !known) {
            act(CloseListener{id});
        }
    }
}

void Fleet::adopt_gate(Slot& slot) {
    if (slot.gate == Gate::open) {
        act(ShowListener{slot.listener});
    } else {
        act(HideListener{slot.listener});
    }
}

} // namespace recycler::fleet
