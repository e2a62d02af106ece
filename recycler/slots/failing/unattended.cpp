// SPDX-License-Identifier: MIT
// Slots that cannot serve: how long those wait who came before that was known, and when the gate is
// closed to others.
#include "recycler/slots/decider.hpp"

#include "policies/units.hpp"
#include "recycler/base/text/join.hpp"
#include "recycler/base/text/plural.hpp"

namespace recycler::slots {

namespace {

// The first look after all were turned away: a handshake that had begun before the gate was closed
// comes to its end, and an open gate lets others in.
constexpr Duration k_first_pause = std::chrono::seconds(1);

// Slots that fail alike are looked at in the same turn.
std::string in_words(const Lost& lost) {
    const std::size_t others = lost.count - std::min<std::size_t>(lost.count, lost.first.size());
    return text::and_more(text::joined(lost.first, ", "), others, ", and ");
}

MonoTime at_full_second(MonoTime at) {
    return std::chrono::ceil<std::chrono::seconds>(at);
}

void pause(Unattended& unattended, MonoTime now, Duration queue_timeout) {
    const Duration longest = std::max(queue_timeout, k_first_pause);
    unattended.pause = std::clamp(unattended.pause * 2, k_first_pause, longest);
    unattended.look_at = at_full_second(now + unattended.pause);
}

} // namespace

void leave_waiting(Slot& slot) {
    slot.retiring->unattended = slot.unattended;
    if (slot.unattended) {
        slot.unattended->left.reset(); // they stay behind
        slot.unattended->lost = {};
    }
}

// Nobody serves the listener from now on, until a worker is ready. What waits is turned away at the
// latest when one more start fails.
void Decider::leave_unattended(std::optional<Unattended>& unattended, std::uint32_t ended,
                               bool failed) {
    if (!unattended) {
        unattended = Unattended{.since = now_};
    }
    unattended->last = ended;
    unattended->failed = unattended->failed || failed;
    unattended->look_at = std::max(now_, ends_waiting(*unattended));
    unattended->pause = {};
}

MonoTime Decider::ends_waiting(const Unattended& unattended) const {
    return unattended.since + policy_.restart.queue_timeout;
}

// The slot has lost its worker, and the next one may start at `launch_at`. Its gate is closed when
// another slot can take the connections, or when nobody who comes now would be served in time. Till
// then waiting is better than being refused. How long a start takes matters only after one has
// failed: a slow one alone is no failure.
void Decider::leave_unattended(Slot& slot, std::uint32_t ended, MonoTime launch_at, bool failed) {
    if (slot.wanted != Wanted::in || stopping_) {
        return;
    }
    leave_unattended(slot.unattended, ended, failed);
    const Duration start = slot.unattended->failed ? Duration(learned_.start) : Duration::zero();
    const bool in_time = launch_at + start <= ends_waiting(*slot.unattended);
    if (machine_.can_show && (!in_time || (launch_at > now_ && !last_open(slots_, slot)))) {
        close_gate(slot);
    }
}

// Before anybody is launched.
void Decider::fire_unattended(Slot& slot) {
    if (slot.wanted != Wanted::in || stopping_) {
        slot.unattended.reset(); // the operator's affair, or the end's
        return;
    }
    if (!slot.unattended || now_ < slot.unattended->look_at) {
        return;
    }
    // One that retires still serves the listener, in whose place no fresh one could be opened.
    const bool served = slot.retiring && slot.retiring->worker.listener == slot.listener;
    const bool starts = !std::holds_alternative<Vacant>(slot.front);
    if (!served && machine_.can_show && (slot.unattended->failed || !starts)) {
        close_gate(slot);
    }
    if (served || starts) {
        pause(*slot.unattended, now_,
              policy_.restart.queue_timeout); // until it has ended, or is ready or fails
    } else {
        turn_away(slot.listener, *slot.unattended);
    }
}

// The same of a listener whose slot goes on without it.
void Decider::fire_unattended(Retiring& retiring) {
    if (retiring.unattended && now_ >= retiring.unattended->look_at &&
        std::holds_alternative<RetiringOrphaned>(retiring.phase)) {
        turn_away(retiring.worker.listener, *retiring.unattended);
    }
}

// A round takes as many as the queue can hold, so that it ends although others come.
void Decider::turn_away(ListenerId listener, Unattended& unattended) {
    if (!unattended.left) {
        unattended.left = static_cast<std::uint32_t>(policy_.app.backlog) + 1;
    }
    if (const std::uint32_t most = turn_away_share_.take(now_, *unattended.left); most > 0) {
        act(TurnAway{listener, most});
    }
    unattended.look_at = now_ + k_turn_away_again;
}

void Decider::on(const TurnedAway& event) {
    Slot* slot = find(event.listener.slot);
    if (slot == nullptr) {
        return;
    }
    turned_away_ += event.lost;
    slot->turned_away += event.lost;
    const bool of_retiring = slot->retiring && slot->retiring->worker.listener == event.listener;
    std::optional<Unattended>& unattended =
        of_retiring ? slot->retiring->unattended : slot->unattended;
    if (unattended) {
        unattended->lost_in_all += event.lost;
    }
    if (!unattended || !unattended->left) {
        Lost lost;
        lost.add(event);
        tell_turned_away(slot->id, slot->next_generation - 1, lost);
        return;
    }
    unattended->lost.add(event);
    *unattended->left -= std::min(*unattended->left, event.taken);
    if (event.more && *unattended->left > 0) {
        return; // they are next
    }
    unattended->left.reset();
    tell_turned_away(slot->id, unattended->last, std::exchange(unattended->lost, Lost{}));
    pause(*unattended, now_, policy_.restart.queue_timeout);
    if (of_retiring) {
        if (auto* orphaned = std::get_if<RetiringOrphaned>(&slot->retiring->phase)) {
            orphaned->looks.next = now_; // it can be closed
        }
    }
}

// `ended`: generation of the worker whose end is to blame.
void Decider::tell_turned_away(SlotId slot, std::uint32_t ended, const Lost& lost) {
    if (lost.count == 0) {
        return;
    }
    const std::string many = text::counted_plain(lost.count, "request") +
                             " that waited for a worker " + (lost.count == 1 ? "was" : "were");
    act(Announce{
        .name = EventName::turned_away,
        .slot = slot,
        .generation = ended,
        .trigger = std::nullopt,
        .text = many +
                " turned away, because no worker could be started within restart.queue_timeout (" +
                policies::to_text(policy_.restart.queue_timeout) + ")" +
                (lost.first.empty() ? "" : ": " + in_words(lost)),
        .count = lost.count,
        .requests = lost.first});
}

// Whether every slot that is to serve cannot, and refuses or turns away who comes.
bool Decider::nobody_can_serve() const {
    bool any = false;
    for (const Slot& slot : slots_) {
        const bool hopeless = slot.unattended &&
                              (slot.gate == Gate::closed || now_ >= ends_waiting(*slot.unattended));
        if (slot.wanted == Wanted::in && !hopeless) {
            return false;
        }
        any = any || (slot.wanted == Wanted::in && hopeless);
    }
    return any && !stopping_;
}

void Decider::tell_service() {
    const bool nobody = nobody_can_serve();
    if (nobody == serves_nobody_) {
        return;
    }
    serves_nobody_ = nobody;
    if (nobody) {
        turned_away_before_ = turned_away_ - lost_in_all(slots_);
        act(Warn{.name = EventName::serves_nobody, .text = k_serves_nobody});
    } else if (!stopping_) {
        const std::uint64_t lost = turned_away_ - turned_away_before_;
        act(Warn{.name = EventName::serves_again,
                 .text = "a worker is ready and serves; " + std::to_string(lost) +
                         (lost == 1 ? " request was" : " requests were") + " turned away meanwhile",
                 .count = lost});
    }
}

} // namespace recycler::slots
