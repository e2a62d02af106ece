// SPDX-License-Identifier: MIT
// The front of a slot goes while its successor starts. What has been paid of that start is kept:
// the successor becomes the front as it is, ready or not, and what waits in the listener before is
// worked off like that of a replaced worker.
#include "recycler/slots/decider.hpp"
#include "recycler/slots/failing/ending.hpp"

namespace recycler::slots {

namespace {

void install_successor(Slot& slot) {
    Successor successor = std::move(*slot.successor);
    slot.successor.reset();
    slot.listener = successor.worker.listener;
    slot.front = Starting{.worker = std::move(successor.worker),
                          .give_up_at = successor.give_up_at,
                          .looks = successor.looks};
}

} // namespace

// One was about to join it: its listener is the fresh one, ready or not.
void Decider::take_successor(Slot& slot) {
    const Opening opening = slot.successor->opening;
    install_successor(slot);
    slot.broken.reset();
    if (opening == Opening::hidden) {
        open_gate(slot); // it was closed for this successor
    } else {
        take_connections(slot, opening);
    }
}

// The front has ended, and its successor's listener may be the only one that is reached: it goes on
// as the front. Returns whether it does.
bool Decider::inherits_broken(Slot& slot) {
    const bool may = slot.successor && slot.broken && slot.broken->listener == slot.listener &&
                     slot.wanted == Wanted::in && now_ > slot.successor->worker.launched_at &&
                     (slot.broken->emptied || !slot.retiring);
    if (!may) {
        return false;
    }
    const Broken old = *slot.broken;
    const Opening opening = slot.successor->opening;
    slot.due.reset();
    take_successor(slot);
    if (old.emptied) {
        act(CloseListener{old.listener});
    } else {
        orphan(slot, old.listener, old.holder, opening);
    }
    return true;
}

// The front has ended amid an overlap. Its successor serves the slot as soon as it is ready, and
// who comes until then waits for it, or goes elsewhere. Returns whether that is so.
bool Decider::inherits(Slot& slot, Ending ending) {
    const bool may = slot.successor && !slot.broken && !slot.retiring &&
                     slot.wanted == Wanted::in && now_ > slot.successor->worker.launched_at;
    if (!may) {
        return false;
    }
    const Worker ended = *worker_of(slot.front);
    const Trigger trigger = slot.due ? slot.due->trigger : Trigger::listener;
    const Opening opening = slot.successor->opening;
    const MonoTime launch_at = ending == Ending::left
                                   ? after_one_that_left(now_, ended.launched_at)
                                   : slot.brake.ended(now_, policy_.restart, ending, ended.plan);
    slot.due.reset();
    install_successor(slot);
    announce(slot, EventName::starting, "the old worker has ended; the start of this one goes on");
    const bool closes = better_closed(slot);
    if (opening == Opening::hidden && !closes) {
        open_gate(slot);
    } else if (opening == Opening::joined || !closes) {
        take_connections(slot, opening);
    }
    orphan(slot, ended.listener, ended.id, opening);
    Retiring& left = *slot.retiring;
    left.trigger = trigger;
    auto& looks = std::get<RetiringOrphaned>(left.phase).looks;
    looks.next = std::max(looks.next, launch_at);
    if (launch_at > now_ && ending != Ending::left) {
        leave_unattended(left.unattended, ended.id.generation, false);
    }
    if (left.hide_at && closes) {
        left.hide_at = now_ + k_opens; // the gate closes with it
    } else if (closes) {
        close_gate(slot);
    }
    return true;
}

// Its worker is not ready for long, and others take the connections meanwhile.
bool Decider::better_closed(const Slot& slot) const {
    const auto* starting = std::get_if<Starting>(&slot.front);
    const Duration left = starting == nullptr
                              ? Duration::zero()
                              : starting->worker.launched_at + Duration(learned_.start) - now_;
    return left > k_short_start && machine_.can_show && !last_open(slots_, slot);
}

// All have been steered past it, unless that has failed: then it stays as it is until they are.
void Decider::fire_hiding(Slot& slot) {
    if (!slot.retiring || !slot.retiring->hide_at || now_ < *slot.retiring->hide_at) {
        return;
    }
    if (slot.retiring->unhidden) {
        slot.retiring->hide_at = std::max(slot.retiring->unhidden->next, now_) + k_opens;
        return;
    }
    if (better_closed(slot)) {
        close_gate(slot); // which hides that one, too
    }
    if (slot.retiring->shown) {
        hide_left(*slot.retiring);
    }
}

void Decider::hide_left(Retiring& retiring) {
    act(HideListener{retiring.worker.listener});
    retiring.shown = false;
    retiring.hide_at.reset();
    const MonoTime settled = now_ + k_hide_settles;
    if (auto* orphaned = std::get_if<RetiringOrphaned>(&retiring.phase)) {
        orphaned->hidden_at = now_;
        orphaned->looks.next = std::max(orphaned->looks.next, settled);
    } else if (auto* draining = std::get_if<RetiringDraining>(&retiring.phase)) {
        draining->hidden_at = now_;
        draining->looks = {.next = settled};
    }
}

// The connections still go to the old worker. To the new one none has gone where its listener stood
// apart. Where it has joined the old one's group, some may have: if that one was shut down
// meanwhile, the kernel has put the new one into its place. It may also have taken connections that
// the old one has handed on.
void Decider::take_back(Slot& slot, Opening opening, const std::string& why) {
    Worker fresh = std::move(std::get<Serving>(slot.front).worker);
    Retiring old = std::move(*slot.retiring);
    slot.retiring.reset();
    slot.listener = old.worker.listener;
    slot.front = Serving{std::move(old.worker)};
    const bool hides = opening == Opening::joined && machine_.can_show;
    if (hides) {
        act(HideListener{fresh.listener});
    }
    if (hides || fresh.keeping.possible) {
        slot.retiring =
            Retiring{.worker = std::move(fresh),
                     .trigger = old.trigger,
                     .phase = RetiringDraining{.hidden_at = now_,
                                               .cut_at = now_ + policy_.drain.timeout,
                                               .looks = {.next = now_ + k_hide_settles}},
                     .idle_end = Order::cancel};
    } else {
        act(CloseListener{fresh.listener});
        act(KillWorker{fresh.id});
        slot.doomed.push_back({.worker = std::move(fresh),
                               .order = Order::cancel,
                               .kill_again_at = now_ + k_kill_again});
    }
    const bool held = old.trigger == Trigger::memory && storm_.holding();
    if (slot.wanted == Wanted::in && !held) {
        set_due(slot, old.trigger);
    }
    hinder(slot, why);
}

// What waits in it is served by one more worker, if there is anything. `last`: whose it was. One
// that the slot's listener has joined is not hidden until it is known whether all are steered past
// it: none shall be steered to one that is hidden.
void Decider::orphan(Slot& slot, ListenerId listener, WorkerId last, Opening opening) {
    Worker ended;
    ended.id = last;
    ended.listener = listener;
    const bool joined = opening == Opening::joined;
    slot.retiring = Retiring{
        .worker = std::move(ended),
        .trigger = Trigger::listener,
        .phase = RetiringOrphaned{.hidden_at = now_, .looks = {.next = now_ + k_hide_settles}},
        .shown = joined,
        .hide_at = joined && machine_.can_show ? std::optional(now_ + k_steered) : std::nullopt};
    leave_waiting(slot);
    if (!slot.retiring->unattended) {
        leave_unattended(slot.retiring->unattended, last.generation, false);
    }
    if (!joined) {
        act(HideListener{listener});
    }
}

} // namespace recycler::slots
