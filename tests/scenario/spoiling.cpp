// SPDX-License-Identifier: MIT
// Listeners that do not stay as they were given to their workers, and what the shell sees of that.
#include "tests/scenario/world.hpp"

#include <algorithm>
#include <utility>

namespace scenario {

namespace {

// Nobody is refused for longer: one that starts is not looked at before it is ready
// (start.timeout), the worker before may have to end first (drain.timeout and stop_timeout, twice
// where another one serves the rest), and each look comes within a second.
constexpr Duration k_longest_refused = 25s;

} // namespace

// A worker, or somebody else, does something to a listener that is open.
void World::spoil() {
    if (!spoils_ || listeners_.empty()) {
        return;
    }
    auto it = listeners_.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(dice.below(listeners_.size())));
    ModelListener& listener = it->second;
    if (listener.spoilt != Spoilt::no) {
        return;
    }
    if (outsiders_.one_in(5)) { // its worker has passed it on
        listener.held = true;
        return;
    }
    switch (dice.below(4)) {
    case 0:
        shut(it->first);
        return;
    case 1:
        listener.spoilt = Spoilt::bound;
        return;
    case 2:
        listener.spoilt = *spoils_ == Sockets::tcp ? Spoilt::locked : Spoilt::nameless;
        return;
    default:
        listener.spoilt = Spoilt::nameless; // of TCP: a filter that lets nobody pass, locked
    }
}

// The kernel resets what waits at a port, and the last member of the group moves into the place.
void World::shut(ListenerId id) {
    const auto it = listeners_.find(id);
    if (it == listeners_.end()) {
        return;
    }
    it->second.spoilt = Spoilt::shut;
    if (!spoils_ || *spoils_ == Sockets::tcp) {
        it->second.queued = 0;
        auto& group = sides_[id.slot].group;
        if (const auto member = std::ranges::find(group, id); member != group.end()) {
            *member = group.back();
            group.pop_back();
        }
    }
}

std::optional<slots::ListenerAmiss> World::look_at(ListenerId id) {
    const auto it = listeners_.find(id);
    if (it == listeners_.end() || it->second.spoilt == Spoilt::no) {
        return std::nullopt;
    }
    ModelListener& listener = it->second;
    if (listener.spoilt == Spoilt::bound) {
        listener.spoilt = Spoilt::no;
        return std::nullopt;
    }
    const bool is_shut = listener.spoilt == Spoilt::shut;
    return slots::ListenerAmiss{.listener = id,
                                .why = "the model spoils it",
                                .reached = listener.spoilt == Spoilt::locked,
                                .shut_down = is_shut,
                                .emptied = is_shut && (!spoils_ || *spoils_ == Sockets::tcp)};
}

void World::act(const slots::LookHolders& a) {
    const auto it = listeners_.find(a.listener);
    if (it == listeners_.end() || (!calm_ && outsiders_.one_in(8))) {
        return; // it is not seen in time
    }
    note(slots::HoldersSeen{a.listener, it->second.held ? "the model" : ""});
}

// Whether the decider is told so, and nothing is opened.
bool World::cannot_be_joined(const slots::OpenListener& a) {
    const auto amiss = a.beside.serial == 0 ? std::nullopt : look_at(a.beside);
    if (!amiss) {
        return false;
    }
    if (!amiss->reached) {
        note(*amiss);
        note(slots::ListenerFailed{slots::ListenerOrder::open, a.listener, amiss->why});
    } else {
        note(slots::ListenerFailed{slots::ListenerOrder::steer, a.beside, "locked"});
    }
    return true;
}

// Where orders fail at random, that may take as long as they do.
void World::check_reached() {
    for (const slots::Slot& slot : std::as_const(*decider_).slots()) {
        SlotSide& side = sides_[slot.id];
        const auto listener = listeners_.find(slot.listener);
        const bool reached = listener != listeners_.end() && listener->second.reached();
        if (reached || faulty_ || stopping_ || slot.wanted != slots::Wanted::in ||
            slot.gate == slots::Gate::closed) {
            side.unreached_since.reset();
        } else if (!side.unreached_since) {
            side.unreached_since = now_;
        } else if (now_ - *side.unreached_since > k_longest_refused) {
            complain("slot " + std::to_string(slot.id.index) + " refuses everybody for too long");
            side.unreached_since = now_;
        }
    }
}

} // namespace scenario
