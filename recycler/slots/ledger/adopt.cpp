// SPDX-License-Identifier: MIT
#include "recycler/slots/ledger/adopt.hpp"

#include "recycler/slots/due/capacity.hpp"
#include "recycler/slots/ledger/adopt_start.hpp"
#include "recycler/slots/ledger/ledger_values.hpp"
#include "recycler/slots/timing.hpp"

namespace recycler::slots {

namespace {

class Adoption {
  public:
    Adoption(const Holdings& holdings, const policies::Policy& policy, MonoTime now)
        : holdings_(holdings), policy_(policy), now_(now) {}

    Adopted take(const LedgerSlot& row);

  private:
    void dead(const LedgerSlot& row);
    void front(const LedgerWorker& row);
    void nobody(const LedgerWorker& row);
    void starting(Worker worker);
    void serving(Worker worker);
    void stopping(Worker worker, const LedgerWorker& row);
    void retiring(const LedgerWorker& row);
    void successor(const LedgerSlot& row);
    void due(const LedgerSlot& row);
    void unattended(const LedgerSlot& row);
    void stray_workers();
    void stray_listeners();
    void settle(const LedgerSlot& row);
    void have_listener();
    void act(Action action) { adopted_.actions.push_back(std::move(action)); }

    const Holdings& holdings_;
    const policies::Policy& policy_;
    MonoTime now_;
    Adopted adopted_;
    Slot& slot_ = adopted_.slot;
    Looks looks_{.next = now_ + k_hide_settles};
};

Adopted Adoption::take(const LedgerSlot& row) {
    slot_.id = {row.index};
    slot_.next_generation = row.next_generation;
    slot_.next_serial = row.next_serial;
    slot_.listener = {slot_.id, row.serial};
    slot_.wanted = row.wanted;
    slot_.gate = row.gate;
    slot_.recorded = row.recorded;
    slot_.shut_at_stop = row.shut_at_stop == 1;
    slot_.stops = stops_of(row);
    slot_.brake.restore(row.brake_applied, at(row.brake_until), known(row.well_since));
    slot_.turned_away = row.turned_away;
    due(row);
    dead(row);
    front(row.front);
    if (row.retiring.generation != 0) {
        retiring(row.retiring);
    }
    successor(row);
    unattended(row);
    stray_workers();
    stray_listeners();
    if (slot_.wanted != Wanted::in) {
        slot_.gate = Gate::closed; // or was to be, and could not
    }
    settle(row);
    have_listener();
    if (slot_.gate == Gate::open) {
        act(ShowListener{slot_.listener});
    } else {
        act(HideListener{slot_.listener});
    }
    return std::move(adopted_);
}

// What has not begun is left to the version that has a rule for it.
void Adoption::due(const LedgerSlot& row) {
    if (const auto trigger = trigger_of(row.due_trigger); trigger && is_known(*trigger)) {
        slot_.due = Due{.trigger = *trigger,
                        .since = at(row.due_since),
                        .waiting_for = {},
                        .warn_at = now_ + longest_recycling(policy_)};
    }
}

void Adoption::dead(const LedgerSlot& row) {
    for (const LedgerWorker& entry : row.dead) {
        const WorkerId id{slot_.id, entry.generation};
        if (entry.generation != 0 && holds(holdings_.workers, id)) {
            const Dead dead{id, entry.order, trigger_of(entry.trigger), spare_of(entry)};
            slot_.dead.push_back(dead);
            adopted_.end_records.emplace_back(
                RecordEnd{id, dead.order, dead.trigger, 0, dead.spare});
        }
    }
}

void Adoption::front(const LedgerWorker& row) {
    Worker worker = worker_from(row, slot_.id, now_);
    const auto cut_at = row.cut_at == 0 ? now_ + policy_.drain.timeout : at(row.cut_at);
    if (row.generation == 0 || !holds(holdings_.workers, worker.id)) {
        nobody(row);
        return;
    }
    switch (row.phase) {
    case Phase::starting:
        starting(std::move(worker));
        return;
    case Phase::drained:
        slot_.front = Drained{std::move(worker)};
        return;
    case Phase::draining_to_hold:
        slot_.front = Draining{std::move(worker), ThenHold{}, now_, std::nullopt, looks_};
        return;
    case Phase::draining_to_leave:
        slot_.front = Draining{std::move(worker), ThenLeave{}, now_, cut_at, looks_};
        return;
    case Phase::stopping:
        stopping(std::move(worker), row);
        return;
    case Phase::parking:
        act(Unpark{worker.id});
        act(Thaw{worker.id});
        serving(std::move(worker));
        return;
    case Phase::none:
    case Phase::leaving:
    case Phase::serving:
    case Phase::draining_to_replace:
        serving(std::move(worker));
        return;
    }
}

// One that was written down and not opened, in place of a broken one, is opened now.
void Adoption::have_listener() {
    if (holds(holdings_.listeners, slot_.listener)) {
        return;
    }
    act(OpenListener{.listener = slot_.listener, .opening = Opening::apart});
    if (auto* vacant = std::get_if<Vacant>(&slot_.front)) {
        vacant->launch_at = std::max(vacant->launch_at.value_or(now_), now_ + k_opens);
    }
}

// Nobody is there, or was never launched: writing it down came first. Somebody may wait in the
// queue.
void Adoption::nobody(const LedgerWorker& row) {
    if (row.phase == Phase::leaving || slot_.wanted == Wanted::gone) {
        slot_.front = Leaving{.hidden_at = now_, .looks = looks_};
    } else {
        slot_.front =
            Vacant{.launch_at = std::max(now_, slot_.brake.until()), .turn = TurnToStart::wanted};
    }
}

// A balancer still avoids a slot whose gate was closed until now, or shortly before: no other gate
// may close yet.
void Adoption::settle(const LedgerSlot& row) {
    if (slot_.gate == Gate::closed) {
        return;
    }
    if (row.gate == Gate::closed) {
        slot_.settling = Settling{now_ + policy_.capacity.settle, std::nullopt, now_};
    } else if (at(row.settle_until) > now_) {
        slot_.settling = Settling{at(row.settle_until), std::nullopt, {}};
    }
}

void Adoption::starting(Worker worker) {
    const MonoTime give_up_at = gives_up_at(worker.launched_at, policy_, now_);
    slot_.front = Starting{std::move(worker), give_up_at, {.next = now_}};
}

void Adoption::successor(const LedgerSlot& row) {
    slot_.successor = successor_from(row, slot_, holdings_, policy_, now_);
    if (slot_.successor && slot_.successor->opening == Opening::hidden) {
        slot_.gate = Gate::closed; // until it is ready
    }
}

// A drain or park that was to replace it is cancelled, so it serves again, behind an open gate or
// for as long as the operator's drain takes. A recycle is due as before and begins with fresh eyes.
void Adoption::serving(Worker worker) {
    if (slot_.wanted == Wanted::out) {
        slot_.gate = Gate::closed;
        slot_.front = Draining{std::move(worker), ThenHold{}, now_, std::nullopt, looks_};
    } else {
        slot_.gate = Gate::open;
        slot_.front = Serving{std::move(worker)};
    }
}

// What it did before it was told to stop is not known any more: whatever it does, it has
// stop_timeout.
void Adoption::stopping(Worker worker, const LedgerWorker& row) {
    const bool late = row.order == Order::start_timeout; // gets no signal, only the kill
    const bool open = row.cut_at != 0;                   // its gate
    if (!late && !open) {
        act(StopWorker{worker.id}); // it may have been written down and not sent
    }
    // Behind an open gate it may have missed the signal and taken a connection since.
    slot_.front = Stopping{.worker = std::move(worker),
                           .order = row.order,
                           .trigger = trigger_of(row.trigger),
                           .kill_at = late || open ? now_ : now_ + policy_.drain.stop_timeout,
                           .proof_by = open ? std::optional(at(row.cut_at)) : std::nullopt,
                           .told = late || !open};
}

void Adoption::retiring(const LedgerWorker& row) {
    Worker worker = worker_from(row, slot_.id, now_);
    const WorkerId id = worker.id;
    const ListenerId listener = worker.listener;
    const Trigger trigger = trigger_of(row.trigger).value_or(Trigger::operator_);
    // A later listener is that of a successor which was given up.
    const bool given_up = listener.serial > slot_.listener.serial;
    act(given_up ? Action(HideListener{listener}) : Steer{slot_.listener, 1}); // perhaps not done
    if (row.phase == Phase::stopping && holds(holdings_.workers, id)) {
        act(StopWorker{id});
        slot_.retiring = {std::move(worker), trigger,
                          RetiringStopping{row.order, now_ + policy_.drain.stop_timeout}};
    } else if (row.phase != Phase::leaving && holds(holdings_.workers, id)) {
        const auto cut_at = row.cut_at == 0 ? std::nullopt : std::optional(at(row.cut_at));
        slot_.retiring = {std::move(worker), trigger,
                          Steered{.hide_at = now_ + k_steered, .cut_at = cut_at}};
        if (given_up) { // it is hidden already
            slot_.retiring->phase =
                RetiringDraining{now_, cut_at.value_or(now_ + policy_.drain.timeout), looks_};
        }
    } else if (holds(holdings_.listeners, listener)) {
        act(HideListener{listener});
        slot_.retiring = {std::move(worker), trigger, RetiringOrphaned{now_, looks_}};
    }
    if (slot_.retiring && given_up) {
        slot_.retiring->idle_end = Order::cancel;
    }
}

// Who waits has not begun anew to wait.
void Adoption::unattended(const LedgerSlot& row) {
    const auto restored = [&](std::int64_t since, std::uint8_t failed, std::uint32_t lost) {
        return Unattended{.since = at(since),
                          .failed = failed == 1,
                          .last = row.next_generation - 1,
                          .look_at = std::max(now_, at(since) + policy_.restart.queue_timeout),
                          .lost_in_all = lost};
    };
    const bool serves = std::holds_alternative<Serving>(slot_.front);
    if (row.unattended_since != 0 && !serves) {
        slot_.unattended = restored(row.unattended_since, row.start_failed, row.lost_unattended);
    }
    if (row.retiring_unattended_since != 0 && slot_.retiring) {
        slot_.retiring->unattended = restored(
            row.retiring_unattended_since, row.retiring_start_failed, row.lost_retiring_unattended);
    }
}

// One that was doomed, or a successor that cannot go on: neither its worker nor its listener got a
// connection.
void Adoption::stray_workers() {
    const Worker* front = worker_of(slot_.front);
    for (const WorkerId id : holdings_.workers) {
        const bool known = (front != nullptr && front->id == id) ||
                           (slot_.retiring && slot_.retiring->worker.id == id) ||
                           (slot_.successor && slot_.successor->worker.id == id) ||
                           std::any_of(slot_.dead.begin(), slot_.dead.end(),
                                       [&](const Dead& d) { return d.id == id; });
        if (id.slot == slot_.id && !known) {
            act(KillWorker{id});
            slot_.doomed.push_back(
                {.worker = worker_from({.generation = id.generation}, slot_.id, now_),
                 .order = Order::cancel,
                 .kill_again_at = now_ + k_kill_again});
        }
    }
}

void Adoption::stray_listeners() {
    for (const ListenerId id : holdings_.listeners) {
        const bool known = id == slot_.listener ||
                           (slot_.retiring && slot_.retiring->worker.listener == id) ||
                           (slot_.successor && slot_.successor->worker.listener == id);
        if (id.slot == slot_.id && !known) {
            act(CloseListener{id});
        }
    }
}

} // namespace

Adopted adopt_slot(const LedgerSlot& row, const Holdings& holdings, const policies::Policy& policy,
                   MonoTime now) {
    return Adoption(holdings, policy, now).take(row);
}

} // namespace recycler::slots
