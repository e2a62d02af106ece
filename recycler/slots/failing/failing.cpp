// SPDX-License-Identifier: MIT
// Orders on listeners that could not be carried out. Until the successor has the connections, the
// old worker stays and its recycle is tried again later; a gate that is not as it should be counts
// as what it is, and is tried again until it obeys.
#include "recycler/slots/decider.hpp"

namespace recycler::slots {

namespace {

// What was seen before proves nothing.
template <typename State>
void hidden_again(State& state, MonoTime now) {
    state.hidden_at = now;
    state.looks = {.next = now + k_hide_settles};
}

void begin_drain_again(Slot& slot, MonoTime now) {
    if (auto* draining = std::get_if<Draining>(&slot.front)) {
        hidden_again(*draining, now);
    } else if (auto* leaving = std::get_if<Leaving>(&slot.front)) {
        hidden_again(*leaving, now);
    }
}

} // namespace

void Decider::on(const ListenerFailed& event) {
    Slot* slot = find(event.listener.slot);
    if (slot == nullptr) {
        return;
    }
    switch (event.order) {
    case ListenerOrder::open:
        return open_failed(*slot, event);
    case ListenerOrder::steer:
        return steer_failed(*slot, event);
    case ListenerOrder::show:
        return show_failed(*slot, event);
    case ListenerOrder::hide:
        return hide_failed(*slot, event);
    case ListenerOrder::close:
        return close_failed(*slot, event);
    case ListenerOrder::route:
        slot->channel.unrouted = true; // end_turn() orders what follows from that
        return;
    }
}

// The worker of the slot cannot be replaced now, and goes on serving.
void Decider::hinder(Slot& slot, const std::string& why, const Pauses& pauses) {
    if (!slot.hindrance) {
        slot.hindrance.emplace();
    }
    const bool news = slot.hindrance->failed(now_, why, pauses);
    give_up_recycles_of(slot, "the worker could not be replaced and goes on serving: " + why);
    if (slot.due && slot.due->trigger == Trigger::operator_) {
        slot.due.reset();
    }
    if (news) {
        announce(slot, EventName::trouble,
                 why + "; the worker could not be replaced and goes on serving");
    }
}

void Decider::open_failed(Slot& slot, const ListenerFailed& event) {
    if (slot.successor && slot.successor->worker.listener == event.listener) {
        doom_successor(slot, Order::cancel);
        hinder(slot, event.why);
    } else if (slot.listener == event.listener) {
        fresh_failed(slot, event.why);
    }
}

void Decider::steer_failed(Slot& slot, const ListenerFailed& event) {
    if (slot.listener != event.listener) {
        return;
    }
    if (slot.successor) {
        // Nobody can join this listener without getting a share of its connections. Another one is
        // opened apart from it; where that cannot be, it is handed on with what waits in it.
        doom_successor(slot, Order::cancel);
        if (slot.unsteerable != slot.listener) {
            announce(slot, EventName::trouble,
                     event.why + (machine_.can_show
                                      ? "; the worker is replaced, on a listener of its own"
                                      : "; the worker is replaced without an overlap"));
        }
        slot.unsteerable = slot.listener;
        return;
    }
    if (!slot.retiring) {
        return;
    }
    auto* steered = std::get_if<Steered>(&slot.retiring->phase);
    if (steered == nullptr) {
        // A fresh one in the place of one that nobody is at: it gets only a share.
        (void)fail_again(slot.retiring->unhidden, event.why);
        return;
    }
    if (steered->revocable && std::holds_alternative<Serving>(slot.front)) {
        take_back(slot, Opening::joined, event.why);
        return;
    }
    // A controller before may have steered, or not: either worker may get connections, so both stay
    // until it is known.
    steered->hide_at = MonoTime::max();
    if (fail_again(slot.retiring->unhidden, event.why)) {
        announce(slot, EventName::trouble,
                 event.why + "; the old worker stays until this succeeds");
    }
}

// Returns whether that is news.
bool Decider::fail_again(std::optional<Retry>& retry, const std::string& why) const {
    if (!retry) {
        retry.emplace();
    }
    return retry->failed(now_, why, k_gate_pauses);
}

// It does not count as available, so no other gate closes meanwhile.
void Decider::show_failed(Slot& slot, const ListenerFailed& event) {
    if (slot.listener != event.listener) {
        return;
    }
    auto* steered = slot.retiring ? std::get_if<Steered>(&slot.retiring->phase) : nullptr;
    if (steered != nullptr && steered->revocable && std::holds_alternative<Serving>(slot.front)) {
        take_back(slot, Opening::apart, event.why);
        return;
    }
    slot.gate = Gate::closed;
    slot.settling.reset();
    if (slot.wanted != Wanted::in) {
        return;
    }
    if (fail_again(slot.stuck, event.why)) {
        announce(slot, EventName::trouble,
                 event.why + "; the gate stays closed, and Recycler tries again");
    }
}

void Decider::hide_failed(Slot& slot, const ListenerFailed& event) {
    if (slot.retiring && slot.retiring->worker.listener == event.listener) {
        if (fail_again(slot.retiring->unhidden, event.why)) {
            announce(slot, EventName::trouble, event.why + "; the old worker is not stopped yet");
        }
        if (slot.gate == Gate::open) {
            return;
        }
        // Shown alone, it would be found by connections that are steered away from it.
        act(ShowListener{slot.listener});
    } else if (slot.listener != event.listener) {
        return;
    }
    front_unhidden(slot, event.why);
}

void Decider::front_unhidden(Slot& slot, const std::string& why) {
    slot.gate = Gate::open;
    if (slot.wanted != Wanted::in) {
        if (fail_again(slot.stuck, why)) {
            announce(slot, EventName::trouble,
                     why + "; the gate is still open, and Recycler tries again");
        }
        return;
    }
    auto* draining = std::get_if<Draining>(&slot.front);
    if (draining != nullptr && std::holds_alternative<ThenReplace>(draining->then)) {
        Worker worker = std::move(draining->worker);
        slot.front = Serving{std::move(worker)};
        hinder(slot, why);
    } else if (slot.successor && slot.successor->opening == Opening::hidden) {
        doom_successor(slot, Order::cancel);
        hinder(slot, why);
    }
    // Else nobody serves behind it, and what comes waits in the queue.
}

void Decider::close_failed(Slot& slot, const ListenerFailed& event) {
    if (event.holds && !slot.retiring && slot.wanted != Wanted::gone) {
        // Somebody has got through to a listener that was to get nothing: they are served.
        std::erase_if(slot.unclosed,
                      [&](const Unclosed& u) { return u.listener == event.listener; });
        orphan(slot, event.listener, WorkerId{slot.id}, Opening::apart);
        return;
    }
    auto unclosed = std::ranges::find(slot.unclosed, event.listener, &Unclosed::listener);
    if (unclosed == slot.unclosed.end()) {
        unclosed = slot.unclosed.insert(unclosed, Unclosed{event.listener, {}});
    }
    if (unclosed->retry.failed(now_, event.why, k_gate_pauses) && !event.holds) {
        announce(slot, EventName::trouble, event.why + "; Recycler tries again");
    }
}

std::optional<MonoTime> Decider::next_try(const std::optional<Retry>& retry) const {
    return retry && retry->next > now_ ? std::optional(retry->next) : std::nullopt;
}

// Every wait ends, also that for a listener that cannot be hidden.
bool Decider::waited_long_enough(const Retry& retry) const {
    return now_ - retry.since >= policy_.drain.timeout;
}

bool Decider::is_shut(const Slot& slot) const {
    const bool given_up =
        slot.wanted == Wanted::gone && slot.stuck && waited_long_enough(*slot.stuck);
    return slot.gate == Gate::closed || given_up;
}

// Whether its gate must stay open for now: hidden beside a retiring listener that cannot be hidden,
// it would be found by connections that are steered to it. Handovers wait (due.cpp).
bool Decider::hide_later(Slot& slot) {
    if (!slot.retiring || !slot.retiring->unhidden) {
        return false;
    }
    (void)fail_again(slot.stuck, slot.retiring->unhidden->why);
    return true;
}

void Decider::fire_gate(Slot& slot) {
    const Retry::Turn turn = slot.stuck ? slot.stuck->turn(now_) : Retry::Turn::wait;
    if (turn == Retry::Turn::wait) {
        return;
    }
    if (turn == Retry::Turn::again && slot.wanted != Wanted::in && slot.gate == Gate::open) {
        if (!hide_later(slot)) {
            slot.gate = Gate::closed;
            act(HideListener{slot.listener});
            begin_drain_again(slot, now_);
        }
    } else if (turn == Retry::Turn::again && slot.wanted == Wanted::in &&
               slot.gate == Gate::closed && std::holds_alternative<Serving>(slot.front)) {
        show(slot);
    } else {
        slot.stuck.reset();
        announce(slot, slot.gate == Gate::open ? EventName::gate_opened : EventName::gate_closed);
    }
}

void Decider::fire_unhidden(const Slot& slot, Retiring& retiring) {
    const Retry::Turn turn = retiring.unhidden ? retiring.unhidden->turn(now_) : Retry::Turn::wait;
    if (turn == Retry::Turn::done) {
        retiring.unhidden.reset();
        if (retiring.shown && machine_.can_show) {
            retiring.hide_at = now_; // all are steered past it now
        }
    } else if (turn == Retry::Turn::again) {
        if (auto* steered = std::get_if<Steered>(&retiring.phase)) {
            act(Steer{slot.listener, 1});
            steered->hide_at = now_ + k_steered;
            return;
        }
        if (retiring.shown || !machine_.can_show) {
            act(Steer{slot.listener, 1}); // past it: that may be what had failed
        }
        if (!retiring.shown) {
            act(HideListener{retiring.worker.listener});
        }
        if (auto* draining = std::get_if<RetiringDraining>(&retiring.phase)) {
            hidden_again(*draining, now_);
        } else if (auto* orphaned = std::get_if<RetiringOrphaned>(&retiring.phase)) {
            hidden_again(*orphaned, now_);
        }
    }
}

void Decider::fire_unclosed(Slot& slot) {
    std::erase_if(slot.unclosed, [this](Unclosed& unclosed) {
        const Retry::Turn turn = unclosed.retry.turn(now_);
        if (turn == Retry::Turn::again) {
            act(CloseListener{unclosed.listener});
        }
        return turn == Retry::Turn::done;
    });
}

} // namespace recycler::slots
