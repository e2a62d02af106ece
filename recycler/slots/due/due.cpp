// SPDX-License-Identifier: MIT
// What is due, in which order it is taken up, and what holds it back.
#include "recycler/slots/decider.hpp"

#include "recycler/triggers/memory.hpp"
#include "recycler/triggers/order.hpp"
#include "recycler/triggers/table.hpp"

namespace recycler::slots {

namespace {

constexpr const char* k_waits_for_start =
    "another replacement to become ready (capacity.max_unavailable)";

std::size_t overlaps_starting(const std::vector<Slot>& slots) {
    return static_cast<std::size_t>(std::count_if(
        slots.begin(), slots.end(), [](const Slot& s) { return s.successor.has_value(); }));
}

// Of the second listener; none: the handover does without.
std::optional<Opening> opening_of(const Handover& handover) {
    if (std::holds_alternative<Overlap>(handover)) {
        return Opening::joined;
    }
    if (std::holds_alternative<OverlapBehindClosedGate>(handover)) {
        return Opening::hidden;
    }
    return std::holds_alternative<OverlapApart>(handover) ? std::optional(Opening::apart)
                                                          : std::nullopt;
}

// It is due, and shows first whether it must be replaced.
bool is_let_live_on(const Slot& slot) {
    const auto& lives_on = worker_of(slot.front)->lives_on;
    return slot.due->trigger == Trigger::memory && lives_on && lives_on->ceiling();
}

// One has begun: those that wait for their turn have come nearer to it.
void put_off_warnings(std::vector<Slot>& slots, MonoTime until) {
    for (Slot& slot : slots) {
        if (slot.due) {
            slot.due->warn_at = until;
        }
    }
}

// One that an outsider holds is handed on all the same where no fresh one can be had beside it: a
// worker that outgrows its limit is worse.
bool needs_fresh_listener(const Slot& slot, const Machine& machine) {
    const bool can_be_had = machine.can_show || slot.unsteerable != slot.listener;
    return (slot.due && slot.due->trigger == Trigger::listener) ||
           (slot.held == slot.listener && can_be_had);
}

} // namespace

// Taken up while the worker serves; of one that is being drained to be held, once it is idle; of
// one that still starts (a changed policy), once it is ready.
void Decider::set_due(Slot& slot, Trigger trigger) {
    const bool stands =
        slot.due && triggers::reason_of(slot.due->trigger) >= triggers::reason_of(trigger);
    if (stands || slot.wanted == Wanted::gone) {
        return;
    }
    const MonoTime since = slot.due ? slot.due->since : now_;
    slot.due = Due{.trigger = trigger,
                   .since = since,
                   .waiting_for = {},
                   .warn_at = now_ + longest_recycling(policy_)};
    announce(slot, EventName::due);
}

// Told once, unless it moves on and stops again.
void Decider::warn_of_waiting(Slot& slot) {
    if (!slot.due || now_ < slot.due->warn_at) {
        return;
    }
    slot.due->warn_at = MonoTime::max();
    if (!slot.due->waiting_for.empty() && machine_.dry_run == DryRun::off) {
        announce(slot, EventName::waiting, slot.due->waiting_for);
    }
}

void Decider::take_due() {
    std::vector<triggers::Due> due;
    for (Slot& slot : slots_) {
        if (slot.due && std::holds_alternative<Serving>(slot.front) && !slot.successor &&
            !is_let_live_on(slot)) {
            due.push_back({.slot = slot.id, .to_max = until_max(slot), .since = slot.due->since});
        }
    }
    if (due.empty()) {
        return;
    }
    if (!room_.fresh(now_)) {
        act(LookRoom{});
        return;
    }
    std::size_t ahead = 0;
    for (const triggers::Due& next : triggers::in_order(std::move(due))) {
        Slot& slot = *find(next.slot);
        if (!slot.due) {
            continue; // what has begun before it ended that
        }
        take(slot, ahead);
        ahead += slot.due && slot.due->waiting_for == k_waits_for_start ? 1 : 0;
    }
}

void Decider::on(const RoomSeen& event) {
    room_.seen(now_, event);
    for (const StartingSeen& one : event.starting) {
        Slot* slot = find(one.worker.slot);
        if (slot != nullptr && slot->successor && slot->successor->worker.id == one.worker) {
            Worker& worker = slot->successor->worker;
            worker.need = std::max(worker.need, one.bloat);
            learned_.start_cost = std::max(learned_.start_cost, one.bloat.count);
        }
    }
}

// As long as no worker has become ready, each may need as much as it may take, or as the largest
// has.
Expected Decider::expected() const {
    Bytes need{learned_.start_cost};
    if (need == Bytes{}) {
        Bytes largest;
        for (const Slot& slot : slots_) {
            const Worker* worker = worker_of(slot.front);
            largest = worker != nullptr && worker->last ? std::max(largest, worker->last->bloat)
                                                        : largest;
        }
        need = policy_.memory.max.value_or(largest);
    }
    Bytes spares;
    for (const Spare& spare : spares_.all()) {
        spares =
            spares + (room_.had_all(spare.worker) ? Bytes{} : room_.missing(spare.worker, need));
    }
    // What they have grown by since the look stands in no look.
    return {.need = need, .start = Duration(learned_.start) + room_.age(now_), .spares = spares};
}

// Predicted until the kernel kills the slot's worker.
std::optional<Duration> Decider::until_max(const Slot& slot) const {
    return triggers::time_to_max(policy_.memory, worker_of(slot.front)->trend, learned_.lives);
}

// What those who are replaced one after another, `ahead` of them first, have to wait for: those
// that start have to become ready, those ahead have, and then its own successor; and again as long,
// since starts slow each other down and growth is a guess.
Duration Decider::lead(std::size_t ahead) const {
    const std::size_t rounds = ahead / starts_at_once() + 2;
    return Duration(learned_.start) * static_cast<std::int64_t>(2 * rounds);
}

// Overlaps cost memory and processor time, not availability; still no more of them start at once
// than slots may be unavailable. More do, as far as the processors carry them and there is room,
// for a worker that would reach memory.max while it waits behind `ahead` others, or that passes its
// limit of requests already.
bool Decider::may_overlap_now(const Slot& slot, std::size_t ahead) const {
    const std::size_t starting = overlaps_starting(slots_);
    const std::size_t usual = max_unavailable(policy_.capacity, slots_.size());
    if (starting < usual) {
        return true;
    }
    const auto until = until_max(slot);
    const bool runs_out = until && *until < lead(ahead);
    // Or each start that it waits for takes it further beyond.
    const auto& full_at = worker_of(slot.front)->full_at;
    const bool late = slot.due->trigger == Trigger::requests && full_at &&
                      *full_at - now_ < Duration(learned_.start);
    return starting < starts_at_once() && (runs_out || late) && has_room();
}

std::size_t Decider::starts_at_once() const {
    return std::max(start_load_.at_once(machine_.processors),
                    max_unavailable(policy_.capacity, slots_.size()));
}

Situation Decider::situation_of(const Slot& slot) const {
    return {.configured = policy_.capacity.handover,
            .can_show = machine_.can_show,
            .parkable = machine_.parkable,
            .steerable = slot.unsteerable != slot.listener,
            .keeps = !shut_at_stop(),
            .fresh = needs_fresh_listener(slot, machine_),
            .last_open = last_open(slots_, slot),
            .in_rotation = slot.gate == Gate::open,
            .predecessor = slot.retiring.has_value(),
            .budget = within_budget(slots_, slot, policy_.capacity),
            .reserve = within_reserve(slots_, slot, policy_.capacity),
            .settling = Traffic::awaited(slots_),
            .room = has_room(),
            .room_will_come = spares_.starting(plan_) ||
                              std::ranges::any_of(
                                  slots_, [](const Slot& s) { return s.successor || s.retiring; }),
            .learned_start =
                learned_.start > 0 ? std::optional(Duration(learned_.start)) : std::nullopt,
            .learned_stop = usual_stop(slot),
            .until_max = until_max(slot)};
}

// Why nothing may begin with this slot, whatever its neighbours do; empty: something may.
std::string Decider::held_up(const Slot& slot) const {
    if (machine_.dry_run == DryRun::on) {
        return "nothing: this is a dry run, and no worker is retired";
    }
    if (triggers::reason_of(slot.due->trigger) == triggers::Reason::useless) {
        return k_waits_for_budget; // and for no handover: see end_at_once()
    }
    if (slot.brake.holds(now_) && slot.due->trigger == Trigger::listener) {
        return "the crash-loop brake: its workers do the same to each of their listeners";
    }
    if (slot.brake.holds(now_)) {
        return "the crash-loop brake: the last replacements failed";
    }
    if (slot.hindrance && now_ < slot.hindrance->next) {
        return "the next try, because the last one failed: " + slot.hindrance->why;
    }
    if (slot.retiring && slot.retiring->unhidden) {
        return "the worker before it to retire: " + slot.retiring->unhidden->why;
    }
    // Also while the last attempt has not shown yet whether it failed: who joined a listener that
    // is still hidden would get no connection, and those steered to it would hang.
    if (slot.stuck) {
        return "its gate to open: " + slot.stuck->why;
    }
    if (slot.settling && slot.settling->opened_at == now_) {
        return "its gate to open"; // ordered in this turn: whether that fails is not known yet
    }
    return {};
}

void Decider::take(Slot& slot, std::size_t ahead) {
    if (std::string reason = held_up(slot); !reason.empty()) {
        slot.due->waiting_for = std::move(reason);
        return;
    }
    if (let_live_on(slot)) {
        return;
    }
    const Situation situation = situation_of(slot);
    const Handover handover = choose_handover(situation);
    if (const auto* wait = std::get_if<Wait>(&handover)) {
        slot.due->waiting_for = wait->reason;
        // What does not come by itself is told to who asked.
        if (wait->reason == k_waits_for_steering) {
            hinder(slot, wait->reason);
        } else if (wait->reason == k_waits_for_room && !situation.room_will_come) {
            hinder(slot, wait->reason, k_room_pauses);
        }
        return;
    }
    const std::optional<Opening> opening = opening_of(handover);
    if (!opening && waits_for_holders(slot)) {
        return;
    }
    if (opening && !may_overlap_now(slot, ahead)) {
        slot.due->waiting_for = k_waits_for_start;
        return;
    }
    slot.due->waiting_for.clear();
    put_off_warnings(slots_, now_ + longest_recycling(policy_));
    if (opening) {
        start_overlap(slot, *opening);
        return;
    }
    if (std::holds_alternative<Close>(handover)) {
        drain(slot, ThenReplace{slot.due->trigger});
    } else {
        park(slot, slot.due->trigger);
    }
}

} // namespace recycler::slots
