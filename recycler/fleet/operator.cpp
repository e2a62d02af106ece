// What people ask for: drain, open, recycle, stop, and a changed policy.
#include "recycler/fleet/fleet.hpp"

namespace recycler::fleet {

namespace {

bool listed(const std::vector<SlotId>& slots, SlotId id) {
    return std::find(slots.begin(), slots.end(), id) != slots.end();
}

// Whether a recycle of this worker can still be asked for: it is not being replaced or ended
// already.
bool may_become_due(const Front& front) {
    const auto* draining = std::get_if<Draining>(&front);
    return std::holds_alternative<Serving>(front) ||
           (draining != nullptr && std::holds_alternative<ThenHold>(draining->then));
}

} // namespace

// Empty when the drain may begin.
std::string Fleet::refusal_to_drain(const DrainAsked& event) const {
    if (!machine_.can_show) {
        return "a closed gate could not be opened again: that needs CAP_NET_RAW";
    }
    const bool stays_open = std::any_of(slots_.begin(), slots_.end(), [&](const Slot& slot) {
        return slot.wanted == Wanted::in && slot.gate == Gate::open &&
               !listed(event.slots, slot.id);
    });
    if (!stays_open && !event.force) {
        return "that would close the last open gate of the app and refuse every request; --force "
               "does it all the same";
    }
    return {};
}

void Fleet::on(const DrainAsked& event) {
    std::string refusal = stopping_ ? "the app is stopping" : refusal_to_drain(event);
    if (!refusal.empty()) {
        act(Reply{
            .request = event.request, .outcome = Outcome::refused, .reason = std::move(refusal)});
        return;
    }
    Pending pending{
        .request = event.request, .ask = Ask::drain, .targets = {}, .deadline = std::nullopt};
    if (event.timeout) {
        pending.deadline = now_ + *event.timeout;
    }
    for (const SlotId id : event.slots) {
        if (Slot* slot = find(id); slot != nullptr && slot->wanted != Wanted::gone) {
            take_out(*slot);
            pending.targets.push_back({.slot = id});
        }
    }
    pending_.push_back(std::move(pending));
}

void Fleet::take_out(Slot& slot) {
    slot.wanted = Wanted::out;
    if (slot.successor) {
        doom_successor(slot, Order::cancel);
    }
    if (const auto* parking = std::get_if<Parking>(&slot.front)) {
        const WorkerId id = parking->worker.id;
        act(Unpark{id});
        act(Thaw{id});
        drain(slot, ThenHold{});
    } else if (std::holds_alternative<Serving>(slot.front)) {
        drain(slot, ThenHold{});
    } else {
        close_gate(slot); // whoever serves it next is drained when ready
    }
    slot.due.reset();
    refuse_recycles_of(slot, "the slot was drained instead");
}

void Fleet::on(const OpenAsked& event) {
    const auto refuse = [&](std::string reason) {
        act(Reply{
            .request = event.request, .outcome = Outcome::refused, .reason = std::move(reason)});
    };
    if (stopping_) {
        return refuse("the app is stopping");
    }
    for (const SlotId id : event.slots) {
        const Slot* slot = find(id);
        if (slot == nullptr || slot->wanted == Wanted::gone) {
            return refuse("the slot is going away: it is no longer in the policy");
        }
        if (slot->gate == Gate::closed && !machine_.can_show) {
            return refuse("a closed gate cannot be opened again without CAP_NET_RAW");
        }
        if (slot->wanted == Wanted::out && std::holds_alternative<Stopping>(slot->front)) {
            return refuse("its worker is stopping; open it when the next one is ready");
        }
    }
    for (const SlotId id : event.slots) {
        Slot& slot = *find(id);
        slot.wanted = Wanted::in;
        Worker* worker = worker_of(slot.front);
        const auto* draining = std::get_if<Draining>(&slot.front);
        const bool held = std::holds_alternative<Drained>(slot.front) ||
                          (draining != nullptr && std::holds_alternative<ThenHold>(draining->then));
        if (held) {
            Worker kept = std::move(*worker);
            slot.front = Serving{std::move(kept)};
            open_gate(slot);
        }
    }
    act(Reply{.request = event.request});
}

void Fleet::on(const RecycleAsked& event) {
    if (stopping_ || machine_.dry_run == DryRun::on) {
        act(Reply{.request = event.request,
                  .outcome = Outcome::refused,
                  .reason =
                      stopping_ ? "the app is stopping" : "this is a dry run: nobody is retired"});
        return;
    }
    Pending pending{
        .request = event.request, .ask = Ask::recycle, .targets = {}, .deadline = std::nullopt};
    for (const SlotId id : event.slots) {
        Slot* slot = find(id);
        if (slot == nullptr || slot->wanted == Wanted::gone) {
            continue;
        }
        const Worker* worker = worker_of(slot->front);
        // One that has not become ready yet is as fresh as could be asked for.
        const bool fresh = worker != nullptr && !worker->ready_at;
        pending.targets.push_back({id, worker == nullptr
                                           ? slot->next_generation
                                           : worker->id.generation + (fresh ? 0 : 1)});
        if (std::holds_alternative<Drained>(slot->front)) {
            stop(*slot, Order::recycle, Trigger::operator_);
        } else if (may_become_due(slot->front)) {
            set_due(*slot, Trigger::operator_);
        }
    }
    pending_.push_back(std::move(pending));
}

void Fleet::on(const StopAsked& event) {
    if (event.request != 0) {
        stop_requests_.push_back(event.request);
    }
    if (std::exchange(stopping_, true)) {
        stop_now();
        return;
    }
    to_remove_.clear();
    for (Slot& slot : slots_) {
        leave(slot);
    }
}

// Asked for the second time: nobody waits any more.
void Fleet::stop_now() {
    for (Slot& slot : slots_) {
        if (const Worker* worker = worker_of(slot.front)) {
            const WorkerId id = worker->id;
            stop(slot, Order::stop, std::nullopt);
            act(KillWorker{id});
        } else {
            slot.front = Vacant{};
        }
        if (slot.retiring && std::holds_alternative<RetiringOrphaned>(slot.retiring->phase)) {
            act(CloseListener{slot.retiring->worker.listener});
            slot.retiring.reset();
        } else if (slot.retiring) {
            act(KillWorker{slot.retiring->worker.id});
            slot.retiring->phase =
                RetiringStopping{.order = Order::recycle, .kill_at = now_ + k_kill_again};
        }
    }
}

void Fleet::on(const AskerGone& event) {
    std::erase_if(pending_,
                  [&](const Pending& pending) { return pending.request == event.request; });
    std::erase(stop_requests_, event.request);
}

void Fleet::on(const PolicyChanged& event) {
    policy_ = event.policy;
    for (const SlotId id : event.added) {
        add_slot(id).front = Vacant{.launch_at = now_};
    }
    to_remove_.insert(to_remove_.end(), event.removed.begin(), event.removed.end());
    if (!event.workers_change) {
        return;
    }
    for (Slot& slot : slots_) {
        if (listed(event.added, slot.id) || listed(event.removed, slot.id)) {
            continue;
        }
        if (std::holds_alternative<Drained>(slot.front) && machine_.dry_run == DryRun::off) {
            stop(slot, Order::recycle, Trigger::policy);
        } else {
            if (slot.successor) {
                doom_successor(slot, Order::cancel); // made by the policy before
            }
            if (may_become_due(slot.front) || std::holds_alternative<Starting>(slot.front)) {
                set_due(slot, Trigger::policy);
            }
        }
    }
}

// New slots first: those that left the policy are drained when none of the others is in its first
// start any more.
void Fleet::remove_slots() {
    const bool starting = std::any_of(slots_.begin(), slots_.end(), [&](const Slot& slot) {
        return std::holds_alternative<Starting>(slot.front) && slot.next_generation == 2 &&
               !listed(to_remove_, slot.id);
    });
    if (to_remove_.empty() || starting) {
        return;
    }
    for (const SlotId id : std::exchange(to_remove_, {})) {
        if (Slot* slot = find(id)) {
            leave(*slot);
        }
    }
}

void Fleet::refuse_recycles_of(const Slot& slot, const std::string& reason) {
    std::erase_if(pending_, [&](const Pending& pending) {
        const bool waits =
            pending.ask == Ask::recycle &&
            std::any_of(pending.targets.begin(), pending.targets.end(),
                        [&](const Target& target) { return target.slot == slot.id; });
        if (waits) {
            act(Reply{.request = pending.request, .outcome = Outcome::refused, .reason = reason});
        }
        return waits;
    });
}

void Fleet::answer_pending() {
    std::erase_if(pending_, [this](const Pending& pending) {
        std::optional<Reply> reply = answer(pending);
        if (reply) {
            act(std::move(*reply));
        }
        return reply.has_value();
    });
}

// The answer that can be given now, if any.
std::optional<Reply> Fleet::answer(const Pending& pending) const {
    const auto refused = [&](std::string reason) {
        return Reply{
            .request = pending.request, .outcome = Outcome::refused, .reason = std::move(reason)};
    };
    bool all_done = true;
    for (const Target& target : pending.targets) {
        const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                       [&](const Slot& s) { return s.id == target.slot; });
        if (slot == slots_.end() || slot->wanted == Wanted::gone) {
            return refused("the slot is going away");
        }
        const Worker* worker = worker_of(slot->front);
        const bool alone = !slot->retiring;
        if (pending.ask == Ask::drain) {
            if (slot->wanted != Wanted::out) {
                return refused("the slot was opened again before it was drained");
            }
            all_done &= alone && std::holds_alternative<Drained>(slot->front);
        } else {
            const bool at_rest = slot->wanted == Wanted::out
                                     ? std::holds_alternative<Drained>(slot->front)
                                     : !std::holds_alternative<Stopping>(slot->front);
            all_done &= alone && at_rest && worker != nullptr && worker->ready_at &&
                        worker->id.generation >= target.generation;
        }
    }
    if (all_done) {
        return Reply{.request = pending.request};
    }
    if (pending.deadline && now_ >= *pending.deadline) {
        return Reply{.request = pending.request,
                     .outcome = Outcome::timed_out,
                     .reason = "still busy; the gate stays closed"};
    }
    return std::nullopt;
}

} // namespace recycler::fleet
