// SPDX-License-Identifier: MIT
// Listeners that are not as they were given to their workers, and cannot be put right again. Who
// connects is refused, or waits for nobody: a fresh listener takes the place, shown at once, for
// waiting is better than being refused; what the old one still holds is worked off like that of a
// replaced worker.
#include "recycler/slots/decider.hpp"

namespace recycler::slots {

namespace {

std::string of_those_waiting(const ListenerAmiss& amiss) {
    if (!amiss.emptied) {
        return "; what waits in its queue is not lost";
    }
    const std::string count = amiss.waited == 0 ? "nothing" : std::to_string(amiss.waited);
    return "; this lost what waited in its queue: " + count + " at the last look";
}

bool told_to_stop(const Slot& slot, WorkerId id) {
    if (slot.retiring && slot.retiring->worker.id == id) {
        return std::holds_alternative<RetiringStopping>(slot.retiring->phase);
    }
    const Worker* front = worker_of(slot.front);
    return front != nullptr && front->id == id && std::holds_alternative<Stopping>(slot.front);
}

} // namespace

void Decider::on(const ListenerAmiss& event) {
    Slot* slot = find(event.listener.slot);
    if (slot == nullptr || slot->wanted == Wanted::gone || slot->listener != event.listener) {
        return;
    }
    if (!event.reached) {
        breaks(*slot, event,
               event.why + "; a fresh listener takes its place" + of_those_waiting(event));
        return;
    }
    if (slot->unsteerable != event.listener) {
        announce(*slot, EventName::trouble,
                 event.why + "; the worker is replaced, on a listener of its own" +
                     of_those_waiting(event));
    }
    slot->unsteerable = event.listener;
    if (std::holds_alternative<Serving>(slot->front) && !slot->due) {
        set_due(*slot, Trigger::listener);
    }
}

// What the end of a worker showed of its listener, told before the end itself.
void Decider::end_shows(Slot& slot, const WorkerExited& event) {
    if (!event.listener) {
        return;
    }
    const ListenerAmiss& amiss = *event.listener;
    std::string text = amiss.why;
    if (amiss.shut_down && told_to_stop(slot, event.worker)) {
        text += " when it was asked to stop";
        if (!shut_at_stop()) {
            text += " (from now on Recycler asks a worker of this app to stop only when its queue "
                    "is empty: by an overlap, instead of the handover queue)";
        }
        slot.shut_at_stop = true;
    }
    if (slot.wanted != Wanted::gone && slot.listener == amiss.listener) {
        breaks(slot, amiss, text + "; a fresh listener takes its place" + of_those_waiting(amiss));
    }
}

// What one worker of an app has done the others do, too.
bool Decider::shut_at_stop() const {
    return std::ranges::any_of(slots_, &Slot::shut_at_stop);
}

void Decider::breaks(Slot& slot, const ListenerAmiss& amiss, std::string text) {
    if (slot.broken && slot.broken->listener == amiss.listener) {
        return;
    }
    const Worker* holder = worker_of(slot.front);
    slot.broken = Broken{.listener = amiss.listener,
                         .holder = holder == nullptr ? WorkerId{slot.id} : holder->id,
                         .emptied = amiss.emptied};
    if (slot.gate == Gate::open || (amiss.emptied && amiss.waited > 0)) {
        announce(slot, EventName::trouble, std::move(text)); // else nobody was the worse for it
    }
}

// Behind a gate that is closed on purpose it can wait, until its worker has ended or serves again.
void Decider::fire_broken(Slot& slot) {
    if (slot.broken && slot.broken->listener != slot.listener) {
        slot.broken.reset();
    }
    if (!slot.broken || slot.wanted == Wanted::gone) {
        return;
    }
    const bool waits = slot.unopened && now_ < slot.unopened->next;
    if (auto* vacant = std::get_if<Vacant>(&slot.front)) {
        if (!waits && (!slot.retiring || slot.broken->emptied)) {
            leave_behind(slot, *vacant);
        }
        return; // nobody is launched meanwhile
    }
    const bool taken_out = std::holds_alternative<Draining>(slot.front) ||
                           std::holds_alternative<Drained>(slot.front) ||
                           std::holds_alternative<Stopping>(slot.front);
    if (waits || slot.wanted != Wanted::in || taken_out || slot.retiring) {
        return;
    }
    if (!slot.successor) {
        retire_from(slot);
    } else if (now_ > slot.successor->worker.launched_at) { // its listener could be opened
        retire_front(slot);
        take_successor(slot);
    }
}

// Nobody is at it. Who may still wait in it gets one more worker (RetiringOrphaned).
void Decider::leave_behind(Slot& slot, Vacant& vacant) {
    const Broken old = *slot.broken;
    vacant.launch_at = std::max(vacant.launch_at.value_or(now_), now_ + k_opens);
    open_fresh(slot);
    if (old.emptied) {
        act(CloseListener{old.listener});
        return;
    }
    orphan(slot, old.listener, old.holder, machine_.can_show ? Opening::apart : Opening::joined);
}

// Its worker lives: it goes on with what it has, and ends like one that was replaced by an overlap.
void Decider::retire_from(Slot& slot) {
    retire_front(slot);
    const MonoTime launch_at = slot.brake.ended(now_, policy_.restart);
    slot.front =
        Vacant{.launch_at = std::max(launch_at, now_ + k_opens), .turn = TurnToStart::wanted};
    open_fresh(slot);
    if (launch_at > now_) {
        leave_unattended(slot, slot.next_generation - 1, launch_at, false);
        announce(slot, EventName::braked,
                 "its workers keep breaking their listeners, so the next start waits");
    }
}

// Opens the fresh listener, and shows it if the gate is open.
void Decider::open_fresh(Slot& slot) {
    slot.replaced = std::exchange(slot.broken, std::nullopt);
    slot.listener = {slot.id, slot.next_serial++};
    const Opening opening = machine_.can_show ? Opening::apart : Opening::joined;
    act(OpenListener{.listener = slot.listener, .opening = opening});
    if (slot.gate == Gate::open) {
        take_connections(slot, opening);
    }
}

void Decider::retire_front(Slot& slot) {
    Worker worker = std::move(*worker_of(slot.front));
    if (std::holds_alternative<Parking>(slot.front)) {
        act(Unpark{worker.id});
        act(Thaw{worker.id});
    }
    slot.retiring = Retiring{.worker = std::move(worker),
                             .trigger = slot.due ? slot.due->trigger : Trigger::listener,
                             .phase = Steered{.hide_at = now_ + k_steered}};
    if (!slot.retiring->worker.ready_at) {
        leave_waiting(slot);
    }
    slot.due.reset();
}

// All stays as it was, and is tried again. What was emptied is closed by now: then the slot has no
// listener at all.
void Decider::fresh_failed(Slot& slot, const std::string& why) {
    if (!std::holds_alternative<Vacant>(slot.front)) {
        return;
    }
    const bool kept =
        slot.replaced && slot.retiring && slot.retiring->worker.listener == slot.replaced->listener;
    slot.broken = Broken{.listener = slot.listener, .holder = {slot.id}, .emptied = true};
    if (kept) {
        slot.listener = slot.replaced->listener;
        slot.broken = slot.replaced;
        Retiring old = std::move(*slot.retiring);
        slot.retiring.reset();
        const bool serves_on = std::holds_alternative<Steered>(old.phase) ||
                               std::holds_alternative<RetiringDraining>(old.phase);
        if (serves_on) {
            go_on(slot, std::move(old.worker));
            // A show that has failed is tried again by itself.
            if (slot.gate == Gate::closed && slot.wanted == Wanted::in && !slot.stuck &&
                std::holds_alternative<Serving>(slot.front)) {
                open_gate(slot); // it was closed for want of a worker
            }
        } else if (slot.gate == Gate::open) {
            act(ShowListener{slot.listener});
        }
        slot.unattended = old.unattended ? old.unattended : slot.unattended;
    }
    slot.replaced.reset();
    if (!slot.unopened) {
        slot.unopened.emplace();
    }
    give_up_recycles_of(slot, no_fresh_listener(why));
    if (slot.unopened->failed(now_, why, k_handover_pauses)) {
        announce(slot, EventName::trouble,
                 why + "; a fresh listener could not be opened; Recycler tries again");
    }
    if (kept && std::holds_alternative<Vacant>(slot.front)) {
        leave_unattended(slot, slot.next_generation - 1, slot.unopened->next, true);
    }
}

void Decider::go_on(Slot& slot, Worker worker) {
    if (worker.ready_at) {
        slot.unattended.reset();
        slot.front = Serving{std::move(worker)};
    } else {
        slot.front = Starting{.worker = std::move(worker),
                              .give_up_at = now_ + policy_.start.timeout,
                              .looks = {.next = now_ + std::chrono::milliseconds(1)}};
    }
}

} // namespace recycler::slots
