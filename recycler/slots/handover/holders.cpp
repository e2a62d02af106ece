// SPDX-License-Identifier: MIT
// Listeners that an outsider holds, too. A worker can pass its listener to any process of the
// machine (SCM_RIGHTS), which goes on accepting from it when that worker has long ended: a listener
// that is handed on, by the handovers `queue` and `close` and after a death, would lose requests
// for ever. The worker that passed it may do with its own requests what it likes; those after it
// must not suffer. So a look is taken where one listener goes from one worker to the next:
//   before a handover that hands it on, while the old worker serves, or up to a second earlier. An
//     outsider makes that handover an overlap onto a fresh listener;
//   after each end of a worker, for one that was passed at the last moment or by one that died.
//     Whoever serves there by then is replaced on a fresh listener at once.
// The fresh listener stands apart: in a reuseport group with it, the old one could have its new
// holder's program steer connections. The old one is hidden, worked off and closed like that of
// each overlap, which ends it for all who hold it.
#include "recycler/slots/decider.hpp"

namespace recycler::slots {

void Decider::on(const HoldersSeen& event) {
    Slot* slot = find(event.listener.slot);
    if (slot == nullptr || slot->wanted == Wanted::gone || slot->listener != event.listener) {
        return;
    }
    if (slot->due && slot->due->holders_by) {
        slot->due->holders_by = now_;
    }
    if (event.outsider.empty()) {
        if (slot->held == event.listener) { // not one that a worker retires from
            slot->held.reset();
        }
        return;
    }
    if (slot->held != event.listener) {
        announce(*slot, EventName::trouble,
                 event.outsider +
                     " is none of the app's workers and holds their listener, so it can take "
                     "requests away; the slot goes on with a fresh listener, and the old one ends "
                     "when nothing waits in it. A worker must have passed it on: find out what "
                     "that process is, and end it");
    }
    slot->held = event.listener;
    if (machine_.can_show) {
        slot->unsteerable = event.listener;
    }
    if (auto* parking = std::get_if<Parking>(&slot->front)) { // seen late
        const Trigger trigger = parking->trigger;
        act(Unpark{parking->worker.id});
        act(Thaw{parking->worker.id});
        Worker worker = std::move(parking->worker);
        slot->front = Serving{std::move(worker)};
        set_due(*slot, trigger);
    }
}

// Whoever serves there is replaced.
void Decider::fire_held(Slot& slot) {
    if (slot.held == slot.listener && std::holds_alternative<Serving>(slot.front) && !slot.due) {
        set_due(slot, Trigger::listener);
    }
}

// Before a handover that hands the slot's listener on. A worker that may not live so long does not
// wait: the look after its end will tell.
bool Decider::waits_for_holders(Slot& slot) {
    std::optional<MonoTime>& by = slot.due->holders_by;
    const auto until = until_max(slot);
    if (until && *until < 2 * k_holders_look) {
        return false;
    }
    if (!by) {
        by = now_ + k_holders_look;
        act(LookHolders{slot.listener});
    }
    slot.due->waiting_for = "a look at who else holds its listener";
    return now_ < *by;
}

// The next worker is to have the listener of the one that has just ended.
void Decider::look_at_kept(const Slot& slot, ListenerId listener, Ending ending) {
    const bool kept = slot.listener == listener && slot.wanted != Wanted::gone && !slot.broken;
    if (kept && ending != Ending::never_started && slot.held != listener) {
        act(LookHolders{listener});
    }
}

} // namespace recycler::slots
