// SPDX-License-Identifier: MIT
// What becomes of the connections that rest in workers. They follow the gate:
//   open    They rest in the front's worker. One that leaves (queue: parked; overlap: retiring)
//           sends them into the channel of its slot, where the next worker takes them.
//   closed  They go into the channel, too, and the keeper moves them from there to slots whose
//           workers serve. If there is none they are closed, so that their clients see an end and
//           connect again. If the keeper cannot move them, what has come into the channel waits
//           there for the slot's next worker, and the present one ends what it has.
// When the gate is open again and the worker serves, the others send back what came by its
// listener, through their own channels, whose route leads there for a moment. Else a balancer would
// find the slot again only when it connects anew, which those that keep connections seldom do. If
// several slots come back they have their turns.
//
// If the policy keeps no connections any more, nothing else comes to rest. What rests already ends
// with its next answer, and is closed only when its worker leaves.
//
// A worker is idle only when nothing rests in it, so nobody ends it before.
#include "recycler/slots/handover/keeping_orders.hpp"

#include <algorithm>

namespace recycler::slots {

namespace {

// Its worker takes what comes into its channel.
bool takes(const Slot& slot) {
    const auto* serving = std::get_if<Serving>(&slot.front);
    return serving != nullptr && serving->worker.keeping.possible && slot.gate == Gate::open &&
           slot.wanted == Wanted::in && !slot.broken;
}

// Others than this one, beginning with those behind it, so that not all give to the same.
std::vector<SlotId> takers_beside(const std::vector<Slot>& slots, const Slot& slot) {
    std::vector<SlotId> takers;
    const auto own = static_cast<std::size_t>(&slot - slots.data());
    for (std::size_t i = 1; i < slots.size() && takers.size() < k_most_targets; ++i) {
        const Slot& other = slots[(own + i) % slots.size()];
        if (takes(other)) {
            takers.push_back(other.id);
        }
    }
    return takers;
}

// The worker whose place is taken, or will be, by the next one of its slot.
bool is_followed(const Slot& slot, const Worker& worker) {
    const Worker* front = worker_of(slot.front);
    return front == nullptr || front->id != worker.id ||
           std::holds_alternative<Parking>(slot.front) ||
           std::holds_alternative<Stopping>(slot.front);
}

// Of the front, or of a retiring worker.
Resting wanted_for(const Slot& slot, const Worker& worker, bool has_takers) {
    if (worker.keeping.gave_up) {
        return Resting::ended;
    }
    if (slot.gate == Gate::closed) {
        return has_takers ? Resting::handed_on : Resting::ended;
    }
    if (!is_followed(slot, worker)) {
        return Resting::allowed;
    }
    const Worker* front = worker_of(slot.front);
    const bool by_one_that_cannot =
        front != nullptr && front->id != worker.id && !front->keeping.possible;
    return by_one_that_cannot ? Resting::ended : Resting::handed_on;
}

class Orders {
  public:
    Orders(std::vector<Slot>& slots, const KeepingNow& rules) : slots_(slots), rules_(rules) {}

    void note_those_who_come_back() {
        MonoTime last = rules_.now;
        for (Slot& slot : slots_) {
            if (slot.channel.gets_back_until &&
                (!takes(slot) || rules_.now >= *slot.channel.gets_back_until)) {
                slot.channel.gets_back_until.reset();
            }
            last = std::max(last, slot.channel.gets_back_until.value_or(last));
        }
        for (Slot& slot : slots_) {
            if (slot.channel.given_away && takes(slot)) {
                slot.channel.given_away = false;
                last += k_hands_back;
                slot.channel.gets_back_until = last;
            }
            const bool is_earlier = slot.channel.gets_back_until &&
                                    (back_to_ == nullptr || *slot.channel.gets_back_until <
                                                                *back_to_->channel.gets_back_until);
            if (is_earlier && !rules_.stopping && !rules_.off) {
                back_to_ = &slot;
            }
        }
    }

    void order(Slot& slot) {
        slot.channel.unrouted =
            slot.channel.unrouted && (slot.gate == Gate::closed || back_to_ != nullptr);
        const ChannelRoute route = route_of(slot);
        const bool has_takers = !route.targets.empty();
        Worker* front = worker_of(slot.front);
        if (front != nullptr && !std::holds_alternative<Starting>(slot.front)) {
            let_rest(slot, *front, has_takers);
        }
        if (slot.retiring && !std::holds_alternative<RetiringOrphaned>(slot.retiring->phase)) {
            let_rest(slot, slot.retiring->worker, has_takers);
        }
        if (slot.route != route) {
            slot.route = route;
            actions_.emplace_back(RouteChannel{slot.id, route});
        }
    }

    [[nodiscard]] std::vector<Action> taken() { return std::move(actions_); }

  private:
    [[nodiscard]] ChannelRoute route_of(const Slot& slot) const {
        if (rules_.stopping || rules_.off) {
            return {.ended = true};
        }
        if (slot.gate == Gate::open) {
            return gives_back(slot) ? ChannelRoute{.targets = {back_to_->id}} : ChannelRoute{};
        }
        if (slot.channel.unrouted) {
            return {.ended = slot.wanted != Wanted::in};
        }
        std::vector<SlotId> targets = takers_beside(slots_, slot);
        const bool ended = targets.empty();
        return {std::move(targets), ended};
    }
    // Its channel is for that alone: a worker that leaves does not send into it.
    [[nodiscard]] bool gives_back(const Slot& slot) const {
        return back_to_ != nullptr && back_to_ != &slot && takes(slot) && !slot.retiring &&
               !slot.channel.unrouted;
    }
    [[nodiscard]] Resting wanted_now(const Slot& slot, const Worker& worker,
                                     bool has_takers) const {
        const Resting wanted = wanted_for(slot, worker, has_takers);
        if (!rules_.off) {
            return wanted;
        }
        return wanted == Resting::allowed ? Resting::allowed_no_more : Resting::ended;
    }
    // Of one that is launched in this very turn nothing can be ordered before.
    void let_rest(Slot& slot, Worker& worker, bool has_takers) {
        const Resting wanted = wanted_now(slot, worker, has_takers);
        const auto back = wanted == Resting::allowed && gives_back(slot)
                              ? std::optional(back_to_->listener)
                              : std::nullopt;
        Keeping& keeping = worker.keeping;
        if (!keeping.possible || worker.launched_at >= rules_.now) {
            return;
        }
        slot.channel.given_away =
            slot.channel.given_away || (slot.gate == Gate::closed && wanted == Resting::handed_on);
        if (keeping.ordered != wanted || keeping.back != back) {
            keeping.ordered = wanted;
            keeping.back = back;
            keeping.since.reset();
            actions_.emplace_back(LetRest{worker.id, wanted, back});
        }
    }

    std::vector<Slot>& slots_;
    const KeepingNow& rules_;
    const Slot* back_to_ = nullptr; // whose turn it is
    std::vector<Action> actions_;
};

} // namespace

std::vector<Action> keeping_orders(std::vector<Slot>& slots, const KeepingNow& rules) {
    Orders orders(slots, rules);
    orders.note_those_who_come_back();
    for (Slot& slot : slots) {
        orders.order(slot);
    }
    return orders.taken();
}

bool any_keeps(const std::vector<Slot>& slots) {
    return std::ranges::any_of(slots, [](const Slot& slot) {
        const Worker* front = worker_of(slot.front);
        return (front != nullptr && front->keeping.possible) ||
               (slot.retiring && slot.retiring->worker.keeping.possible);
    });
}

void note_resting(Worker& worker, const IdleSeen& seen, MonoTime now) {
    Keeping& keeping = worker.keeping;
    const bool only_rests =
        seen.resting > 0 && seen.connections <= seen.resting && seen.unsettled == 0;
    if (keeping.ordered != Resting::handed_on || !only_rests) {
        keeping.since.reset();
    } else if (!keeping.since) {
        keeping.since = now;
    } else if (now - *keeping.since >= k_hands_on) {
        keeping.gave_up = true;
    }
}

void adopt_keeping(Slot& slot, const std::vector<WorkerId>& keeping) {
    const auto note = [&keeping](Worker* worker) {
        if (worker != nullptr) {
            worker->keeping.possible = std::ranges::find(keeping, worker->id) != keeping.end();
        }
    };
    note(worker_of(slot.front));
    note(slot.successor ? &slot.successor->worker : nullptr);
    note(slot.retiring ? &slot.retiring->worker : nullptr);
    slot.route.reset();
}

} // namespace recycler::slots
