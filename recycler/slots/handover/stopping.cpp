// SPDX-License-Identifier: MIT
// From the order to end until the end: a front worker that was drained, parked, or given up.
#include "policies/units.hpp"
#include "recycler/slots/decider.hpp"

#include <algorithm>
#include <utility>

namespace recycler::slots {

// The parking worker holds nothing and accepts nothing more; its gate may be open. Of several
// threads inside accept() the stop signal reaches one: let go on to hear it, another could take a
// connection from the queue that the end of the process would cut. Such a worker is frozen, and
// ends there.
void Decider::parked(Slot& slot, std::uint32_t accepting) {
    const auto& parking = std::get<Parking>(slot.front);
    const Trigger trigger = parking.trigger;
    if (accepting > 1) {
        act(KillWorker{parking.worker.id});
        begin_stopping(slot, Order::recycle, trigger, now_ + k_kill_again);
        return;
    }
    // What it may take in this very instant has drain.timeout, too.
    const MonoTime proof_by = std::max(parking.cut_at, now_ + policy_.drain.timeout);
    stop(slot, Order::recycle, trigger);
    std::get<Stopping>(slot.front).proof_by = proof_by;
}

void Decider::stop(Slot& slot, Order order, std::optional<Trigger> trigger) {
    act(StopWorker{worker_of(slot.front)->id});
    begin_stopping(slot, order, trigger, now_ + policy_.drain.stop_timeout);
    if (order == Order::recycle || order == Order::stop) { // else it was busy
        std::get<Stopping>(slot.front).heeding = Heeding::begin(now_, slot.stops);
    }
}

void Decider::begin_stopping(Slot& slot, Order order, std::optional<Trigger> trigger,
                             MonoTime kill_at) {
    Worker worker = std::move(*worker_of(slot.front));
    slot.front = Stopping{.worker = std::move(worker),
                          .order = order,
                          .trigger = trigger,
                          .kill_at = kill_at,
                          .proof_by = std::nullopt};
    announce(slot, EventName::stopping);
    if (order == Order::recycle && trigger == Trigger::memory) {
        retired_for_memory(*worker_of(slot.front));
    }
}

void Decider::on(const FrozenSeen& event) {
    Slot* slot = find(event.worker.slot);
    const Worker* worker = slot == nullptr ? nullptr : worker_of(slot->front);
    if (worker == nullptr || worker->id != event.worker) {
        return;
    }
    auto* stopping = std::get_if<Stopping>(&slot->front);
    if (stopping != nullptr && stopping->proof_by) {
        seen_frozen(*stopping, event);
    } else if (std::holds_alternative<Parking>(slot->front) && event.connections == 0) {
        parked(*slot, event.accepting);
    } else {
        act(Thaw{event.worker});
    }
}

// The proof comes before the cut: whoever is ended at `proof_by` is seen to be busy then.
void Decider::seen_frozen(Stopping& stopping, const FrozenSeen& seen) {
    const bool idle = seen.connections == 0;
    if (!idle && now_ < *stopping.proof_by) {
        act(Thaw{seen.worker});
        stopping.kill_at = std::max(stopping.kill_at, now_ + k_proof_again);
        return;
    }
    if (idle && !std::exchange(stopping.told, true)) {
        act(StopWorker{seen.worker});
        stopping.kill_at = now_ + policy_.drain.stop_timeout;
        stopping.heeding = Heeding::begin(now_, find(seen.worker.slot)->stops);
        return;
    }
    if (!idle) {
        stopping.order = Order::drain_cut;
        stopping.proof_by.reset();
        stopping.heeding.reset();
    }
    kill(seen.worker, stopping.kill_at, stopping.heeding);
}

void Decider::fire_starting(Slot& slot, Starting& starting) {
    if (now_ >= starting.give_up_at) {
        // It may have come to accept() at this very instant: killed only when it is shown to hold
        // nothing.
        Worker worker = std::move(starting.worker);
        slot.front = Stopping{.worker = std::move(worker),
                              .order = Order::start_timeout,
                              .trigger = std::nullopt,
                              .kill_at = now_,
                              .proof_by = now_ + policy_.drain.timeout};
        announce(slot, EventName::stopping, "it was not ready within start.timeout");
    } else if (now_ >= starting.looks.next) {
        act(LookReady{starting.worker.id});
        starting.looks.again(now_);
    }
}

void Decider::fire_stopping(Stopping& stopping) {
    look_at_heeding(stopping.worker.id, stopping.heeding);
    if (now_ < stopping.kill_at) {
        return;
    }
    if (stopping.proof_by) {
        act(Freeze{stopping.worker.id}); // what that shows decides
        stopping.kill_at = now_ + k_proof_again;
        return;
    }
    kill(stopping.worker.id, stopping.kill_at, stopping.heeding);
}

void Decider::kill(WorkerId id, MonoTime& kill_at, std::optional<Heeding>& heeding) {
    act(KillWorker{id});
    kill_at = now_ + k_kill_again;
    if (heeding) {
        heeding->killed = true;
    }
}

void Decider::look_at_heeding(WorkerId id, std::optional<Heeding>& heeding) {
    if (heeding && !heeding->killed && now_ >= heeding->look_at) {
        act(LookHeeding{id});
        heeding->looked(now_);
    }
}

void Decider::on(const HeedingSeen& event) {
    Slot* slot = find(event.worker.slot);
    if (slot == nullptr) {
        return;
    }
    auto* front = std::get_if<Stopping>(&slot->front);
    if (front != nullptr && front->worker.id == event.worker && front->heeding) {
        front_heeds(*front, event);
        return;
    }
    if (!slot->retiring || slot->retiring->worker.id != event.worker) {
        return;
    }
    auto* stopping = std::get_if<RetiringStopping>(&slot->retiring->phase);
    if (stopping == nullptr || !stopping->heeding) {
        return;
    }
    // Nobody comes to it any more: it is as idle as when it was told.
    const Heeding::Next next = stopping->heeding->seen(now_, event.ignores);
    if (next == Heeding::Next::tell_again) {
        act(StopWorker{event.worker});
    } else if (next == Heeding::Next::kill) {
        kill(event.worker, stopping->kill_at, stopping->heeding);
    }
}

void Decider::front_heeds(Stopping& stopping, const HeedingSeen& seen) {
    const Heeding::Next next = stopping.heeding->seen(now_, seen.ignores);
    if (next == Heeding::Next::tell_again) {
        act(StopWorker{seen.worker});
    } else if (next == Heeding::Next::kill && stopping.proof_by) {
        act(Freeze{seen.worker}); // a connection may reach it at any instant
    } else if (next == Heeding::Next::kill) {
        kill(seen.worker, stopping.kill_at, stopping.heeding);
    }
}

namespace {

std::string did_not_end(const Heeding& heeding, const policies::Drain& drain) {
    if (heeding.ignored) {
        return "it was idle, took no notice of drain.stop_signal and went on waiting for the next "
               "request, so Recycler killed it. Recycler will kill later workers that do the same. "
               "The program does not do what it would do at its end: set drain.stop_signal to a "
               "signal that ends it, or to \"SIGKILL\" if it has nothing to do";
    }
    return "it was idle and did not end within drain.stop_timeout (" +
           policies::to_text(drain.stop_timeout) +
           ") after drain.stop_signal, so Recycler killed it. If it needs more time at its end, "
           "raise drain.stop_timeout; if it does not react to that signal, set drain.stop_signal "
           "to one that ends it, or to \"SIGKILL\"";
}

} // namespace

// Told once: the next ones are killed for the same reason.
void Decider::learn_stop(Slot& slot, WorkerId id, const std::optional<Heeding>& heeding) {
    if (!heeding) {
        return;
    }
    slot.stops.took = now_ - heeding->told_at;
    slot.stops.ignored = heeding->killed && heeding->ignored;
    if (!heeding->killed ||
        std::ranges::any_of(slots_, [](const Slot& each) { return each.stops.told; })) {
        return;
    }
    slot.stops.told = true;
    act(Announce{.name = EventName::trouble,
                 .slot = id.slot,
                 .generation = id.generation,
                 .trigger = std::nullopt,
                 .text = did_not_end(*heeding, policy_.drain)});
}

// What is to be expected of the slot's worker: as the one before it, or as the slowest of others.
// One odd worker is held against nobody but the next one in its place.
std::optional<Duration> Decider::usual_stop(const Slot& slot) const {
    Duration usual = slot.stops.took;
    if (usual == Duration::zero()) {
        for (const Slot& other : slots_) {
            usual = std::max(usual, other.stops.took);
        }
    }
    return usual > Duration::zero() ? std::optional(usual) : std::nullopt;
}

} // namespace recycler::slots
