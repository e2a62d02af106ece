// Slots that cannot serve: how long those wait who came before that was known, and when the gate is
// closed to others.
#include "recycler/fleet/fleet.hpp"

#include "policies/units.hpp"

namespace recycler::fleet {

namespace {

// The first look after all were turned away: a handshake that had begun before the gate was closed
// comes to its end, and an open gate lets others in.
constexpr Duration k_first_pause = std::chrono::seconds(1);

// Slots that fail alike are looked at in the same turn.
MonoTime at_full_second(MonoTime at) {
    return std::chrono::ceil<std::chrono::seconds>(at);
}

} // namespace

// Nobody serves the listener from now on, until a worker is ready. What waits is turned away at the
// latest when one more start fails.
void Fleet::forsake(std::optional<Forsaken>& forsaken, std::uint32_t ended, bool failed) {
    if (!forsaken) {
        forsaken = Forsaken{.since = now_};
    }
    forsaken->last = ended;
    forsaken->failed = forsaken->failed || failed;
    forsaken->look_at = std::max(now_, ends_waiting(*forsaken));
    forsaken->pause = {};
}

MonoTime Fleet::ends_waiting(const Forsaken& forsaken) const {
    return forsaken.since + policy_.restart.queue_timeout;
}

// The slot has lost its worker, and the next one may start at `launch_at`. Its gate is closed when
// another slot can take the connections, or when nobody who comes now would be served in time. Till
// then waiting is better than being refused. How long a start takes matters only after one has
// failed: a slow one alone is no failure.
void Fleet::forsake_slot(Slot& slot, std::uint32_t ended, MonoTime launch_at, bool failed) {
    if (slot.wanted != Wanted::in || stopping_) {
        return;
    }
    forsake(slot.forsaken, ended, failed);
    const Duration start = slot.forsaken->failed ? Duration(learned_.start) : Duration::zero();
    const bool in_time = launch_at + start <= ends_waiting(*slot.forsaken);
    if (machine_.can_show && (!in_time || (launch_at > now_ && !last_open(slots_, slot)))) {
        close_gate(slot);
    }
}

bool Fleet::turns_away(const Slot& slot) const {
    return slot.forsaken && slot.forsaken->left && std::holds_alternative<Vacant>(slot.front);
}

// Before anybody is launched.
void Fleet::fire_forsaken(Slot& slot) {
    if (slot.wanted != Wanted::in || stopping_) {
        slot.forsaken.reset(); // the operator's affair, or the end's
        return;
    }
    if (slot.forsaken && now_ >= slot.forsaken->look_at) {
        const bool starts = !std::holds_alternative<Vacant>(slot.front);
        if (machine_.can_show && (slot.forsaken->failed || !starts)) {
            close_gate(slot);
        }
        if (starts) {
            pause(*slot.forsaken); // until it is ready, or fails
        } else {
            turn_away(slot.listener, *slot.forsaken);
        }
    }
}

// The same of a listener whose slot goes on without it.
void Fleet::fire_forsaken(Retiring& retiring) {
    if (retiring.forsaken && now_ >= retiring.forsaken->look_at &&
        std::holds_alternative<RetiringOrphaned>(retiring.phase)) {
        turn_away(retiring.worker.listener, *retiring.forsaken);
    }
}

// A round takes as many as the queue can hold, so that it ends although others come.
void Fleet::turn_away(ListenerId listener, Forsaken& forsaken) {
    if (!forsaken.left) {
        forsaken.left = static_cast<std::uint32_t>(policy_.app.backlog) + 1;
    }
    if (const std::uint32_t most = turn_away_share_.take(now_, *forsaken.left); most > 0) {
        act(TurnAway{listener, most});
    }
    forsaken.look_at = now_ + k_turn_away_again;
}

void Fleet::pause(Forsaken& forsaken) const {
    const Duration longest = std::max(policy_.restart.queue_timeout, k_first_pause);
    forsaken.pause = std::clamp(forsaken.pause * 2, k_first_pause, longest);
    forsaken.look_at = at_full_second(now_ + forsaken.pause);
}

void Fleet::on(const TurnedAway& event) {
    Slot* slot = find(event.listener.slot);
    if (slot == nullptr) {
        return;
    }
    turned_away_ += event.lost;
    slot->turned_away += event.lost;
    const bool of_retiring = slot->retiring && slot->retiring->worker.listener == event.listener;
    std::optional<Forsaken>& forsaken = of_retiring ? slot->retiring->forsaken : slot->forsaken;
    if (!forsaken || !forsaken->left) {
        tell_turned_away(slot->id, slot->next_generation - 1, event.lost);
        return;
    }
    forsaken->lost += event.lost;
    *forsaken->left -= std::min(*forsaken->left, event.taken);
    if (event.more && *forsaken->left > 0) {
        return; // they are next
    }
    forsaken->left.reset();
    tell_turned_away(slot->id, forsaken->last, std::exchange(forsaken->lost, 0U));
    pause(*forsaken);
    if (of_retiring) {
        if (auto* orphaned = std::get_if<RetiringOrphaned>(&slot->retiring->phase)) {
            orphaned->looks.next = now_; // it can be closed
        }
    }
}

// `ended`: generation of the worker whose end is to blame.
void Fleet::tell_turned_away(SlotId slot, std::uint32_t ended, std::uint32_t lost) {
    if (lost == 0) {
        return;
    }
    const std::string many = lost == 1 ? "1 request that waited for a worker was"
                                       : std::to_string(lost) + " requests that waited for a "
                                                                "worker were";
    act(Announce{.name = "turned-away",
                 .slot = slot,
                 .generation = ended,
                 .trigger = std::nullopt,
                 .text = many +
                         " turned away: none could be started within "
                         "restart.queue_timeout (" +
                         policies::to_text(policy_.restart.queue_timeout) + ")",
                 .count = lost});
}

// Whether every slot that is to serve cannot, and refuses or turns away who comes.
bool Fleet::nobody_can_serve() const {
    bool any = false;
    for (const Slot& slot : slots_) {
        const bool hopeless =
            slot.forsaken && (slot.gate == Gate::closed || now_ >= ends_waiting(*slot.forsaken));
        if (slot.wanted == Wanted::in && !hopeless) {
            return false;
        }
        any = any || (slot.wanted == Wanted::in && hopeless);
    }
    return any && !stopping_;
}

void Fleet::tell_service() {
    const bool nobody = nobody_can_serve();
    if (nobody == serves_nobody_) {
        return;
    }
    serves_nobody_ = nobody;
    if (nobody) {
        act(Warn{.name = "serves-nobody", .text = k_serves_nobody});
    } else if (!stopping_) {
        act(Warn{.name = "serves-again",
                 .text = "a worker has become ready: requests are taken "
                         "again"});
    }
}

} // namespace recycler::fleet
