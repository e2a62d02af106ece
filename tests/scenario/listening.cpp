// SPDX-License-Identifier: MIT
// The model's side of the actions on listeners; each of them may fail, and then changes nothing.
#include "tests/scenario/world.hpp"

#include <algorithm>
#include <utility>

namespace scenario {

// Whether the order is refused this time; the decider is told.
bool World::fails(slots::ListenerOrder order, ListenerId listener) {
    if (calm_ || !faulty_ || !dice.one_in(4)) {
        return false;
    }
    note(slots::ListenerFailed{order, listener, "the model refuses"});
    return true;
}

// The worker that an overlap replaced ends: who has taken over must be the one who gets the
// connections.
void World::check_successor(WorkerId id) {
    const slots::Slot* slot = std::as_const(*decider_).find(id.slot);
    if (slot == nullptr || !slot->retiring || slot->retiring->worker.id != id) {
        return;
    }
    const auto listener = listeners_.find(slot->listener);
    const bool spoilt = listener == listeners_.end() || listener->second.spoilt != Spoilt::no;
    // Every wait ends, also that for an order which is refused again and again.
    const auto& unhidden = slot->retiring->unhidden;
    const bool waited = unhidden && now_ - unhidden->since >= policy_.drain.timeout;
    if (adopting_ || spoilt || waited || slot->stuck || slot->wanted != slots::Wanted::in ||
        slot->gate == slots::Gate::closed) {
        return;
    }
    const SlotSide& side = sides_[id.slot];
    // An index beyond the group steers nobody: the kernel takes any member.
    const bool alone = side.group.size() == 1 && side.group.front() == slot->listener;
    const bool steered = side.steer < side.group.size() && side.group[side.steer] == slot->listener;
    const bool reached = (alone || steered) && listeners_[slot->listener].shown;
    if (!reached) {
        complain("worker " + name(id) + " is retired while nobody reaches its successor");
    }
}

void World::act(const slots::OpenListener& a) {
    SlotSide& side = sides_[a.listener.slot];
    if (listeners_.contains(a.listener)) {
        complain("listener " + name(a.listener) + " is opened twice");
    }
    const bool joins = a.opening == slots::Opening::joined;
    const bool steers = joins && a.beside.serial != 0;
    if (steers && (cannot_be_joined(a) || fails(slots::ListenerOrder::steer, a.beside))) {
        return;
    }
    side.steer = steers ? 0 : side.steer;
    if (fails(slots::ListenerOrder::open, a.listener)) {
        return;
    }
    listeners_[a.listener] = {.shown = joins};
    if (joins) {
        side.group.push_back(a.listener);
        if (side.steer >= side.group.size() - 1 && a.beside.serial != 0) {
            complain("listener " + name(a.listener) +
                     " joins and gets connections before its worker is ready");
        }
    }
}

void World::act(const slots::CloseListener& a) {
    const auto it = listeners_.find(a.listener);
    if (it == listeners_.end()) {
        return;
    }
    if (it->second.queued > 0 && spoils_) {
        note(slots::ListenerFailed{slots::ListenerOrder::close, a.listener, "it is not empty",
                                   true});
        return;
    }
    if (it->second.queued > 0 && !stop_now_) {
        complain("listener " + name(a.listener) + " is closed with connections in its queue");
    }
    auto& group = sides_[a.listener.slot].group;
    // The kernel moves the last member into the place of the one that goes.
    if (const auto member = std::find(group.begin(), group.end(), a.listener);
        member != group.end()) {
        *member = group.back();
        group.pop_back();
    }
    if (fails(slots::ListenerOrder::close, a.listener)) {
        it->second.shown = false; // nobody comes to it any more, and its name is still there
    } else {
        listeners_.erase(it);
    }
}

void World::act(const slots::ShowListener& a) {
    const auto it = listeners_.find(a.listener);
    if (it == listeners_.end()) {
        if (!faulty_) { // that had to be opened, and could not
            complain("the unknown listener " + name(a.listener) + " is shown");
        }
        return;
    }
    // What could be hidden just now can be shown again: it takes the same right.
    const bool just_hidden = it->second.hidden_at == now_;
    if (!it->second.shown && !just_hidden && fails(slots::ListenerOrder::show, a.listener)) {
        return;
    }
    it->second.shown = true;
    if (it->second.spoilt == Spoilt::shut) {
        return; // it is in no group
    }
    auto& group = sides_[a.listener.slot].group;
    if (std::find(group.begin(), group.end(), a.listener) == group.end()) {
        group = {a.listener}; // opened hidden: a group of its own, which the slot goes on with
        sides_[a.listener.slot].steer = 0;
    }
}

void World::act(const slots::HideListener& a) {
    const auto it = listeners_.find(a.listener);
    if (it == listeners_.end()) {
        if (!faulty_) {
            complain("the unknown listener " + name(a.listener) + " is hidden");
        }
        return;
    }
    if (it->second.shown && fails(slots::ListenerOrder::hide, a.listener)) {
        return;
    }
    const auto front = std::find_if(decider_->slots().begin(), decider_->slots().end(),
                                    [&](const slots::Slot& s) { return s.id == a.listener.slot; });
    const bool serves = std::any_of(workers_.begin(), workers_.end(), [&](const auto& entry) {
        // One that parks has been paid for already; who has become ready since the last look at
        // him is not known to be.
        return entry.second.alive && entry.second.listener == a.listener && !entry.second.park &&
               entry.second.ready_at && *entry.second.ready_at + slots::Looks::k_longest <= now_;
    });
    if (it->second.shown && serves && front != decider_->slots().end() &&
        front->listener == a.listener) {
        check_budget(a.listener.slot);
    }
    it->second.shown = false;
    it->second.hidden_at = now_;
}

void World::act(const slots::Steer& a) {
    if (!adopting_ && fails(slots::ListenerOrder::steer, a.listener)) {
        return;
    }
    sides_[a.listener.slot].steer = a.index;
}

} // namespace scenario
