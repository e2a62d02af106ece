// SPDX-License-Identifier: MIT
// When a spare is started, and who takes it.
//
// A launch takes a spare, where one waits, and is a launch like any other from then on: the worker
// is Starting until it is seen to wait at its slot's listener, only much sooner. The next spare is
// started when every slot is served again, so that it takes neither memory nor processor time from
// a worker that somebody waits for. A slot whose brake holds takes none. Memory admits it by the
// same rule as an overlap; no spare has to make way for one, which would take it instead of a new
// process.
#include "recycler/slots/decider.hpp"

namespace recycler::slots {

namespace {

constexpr const char* k_waits_for_slots =
    "it waits until every slot is served and no worker is to be replaced";
constexpr const char* k_waits_for_other = "it waits for the one before it";

// In words for people, after the name of the worker.
std::string was_booted_as(std::uint32_t number) {
    return "it had booted as spare." + std::to_string(number);
}

// So much of its memory stood in the last look at what is free.
Bytes has(const Spare& spare, const Room& room) {
    return spare.worker.last && room.had_all(spare.worker) ? spare.worker.last->bloat : Bytes{};
}

// The worker that was this spare, as long as it is there; null: there is none.
const Worker* taken_by(const std::vector<Slot>& slots, std::uint32_t number) {
    const auto is_it = [number](const Worker* worker) {
        return worker != nullptr && worker->spare == number;
    };
    for (const Slot& slot : slots) {
        for (const Worker* worker :
             {worker_of(slot.front), slot.successor ? &slot.successor->worker : nullptr,
              slot.retiring ? &slot.retiring->worker : nullptr}) {
            if (is_it(worker)) {
                return worker;
            }
        }
        for (const Doomed& doomed : slot.doomed) {
            if (is_it(&doomed.worker)) {
                return &doomed.worker;
            }
        }
    }
    return nullptr;
}

} // namespace

// Of a spare that waits, or of a new process.
Worker Decider::launch(Slot& slot, ListenerId listener, Resting resting) {
    Worker worker = make_worker(slot, listener);
    const std::optional<Spare> spare = spares_.take(plan_);
    if (!spare) {
        act(Launch{worker.id, listener, resting});
        return worker;
    }
    worker.spare = spare->worker.id.generation;
    worker.booted = has(*spare, room_);
    act(Launch{worker.id, listener, resting, spare->worker.id});
    act(Announce{.name = EventName::spare_taken,
                 .slot = slot.id,
                 .generation = worker.id.generation,
                 .trigger = std::nullopt,
                 .text = was_booted_as(*worker.spare)});
    return worker;
}

SpareRules Decider::spare_rules() const {
    const bool possible = machine_.parkable && machine_.spares && !stopping_;
    return {.now = now_,
            .policy = policy_,
            .plan = plan_,
            .wanted = possible ? policy_.capacity.spares : 0,
            .memory_limit = storm_.limit(policy_.recycle.memory, policy_.memory),
            .surplus = stopping_ ? Order::stop : Order::cancel};
}

void Decider::on(const SpareUnfit& event) {
    spares_.unfit(event, spare_rules());
}

// One that was given a slot in the turn in which it was seen to end is that slot's worker.
void Decider::spare_exited(const WorkerExited& event) {
    if (spares_.find(event.worker.generation) != nullptr) {
        spares_.exited(event, spare_rules());
    } else if (const Worker* worker = taken_by(slots_, event.worker.generation)) {
        WorkerExited its = event;
        its.worker = worker->id;
        on(its);
    }
}

bool Decider::all_served() const {
    return std::ranges::all_of(slots_, [this](const Slot& slot) {
        const auto* draining = std::get_if<Draining>(&slot.front);
        const bool held = std::holds_alternative<Drained>(slot.front) ||
                          (draining != nullptr && std::holds_alternative<ThenHold>(draining->then));
        const bool stays = machine_.dry_run == DryRun::on || !slot.due;
        const bool serves = std::holds_alternative<Serving>(slot.front) && stays;
        return slot.wanted == Wanted::gone || ((held || serves) && !slot.successor);
    });
}

// For one more worker of a slot, which a spare becomes if one waits.
bool Decider::has_room() const {
    const Spare* spare = spares_.waiting(plan_);
    return room_.admits(slots_, expected(), spare == nullptr ? Bytes{} : has(*spare, room_));
}

void Decider::look_at_room() {
    const bool ordered = std::ranges::any_of(
        actions_, [](const Action& a) { return std::holds_alternative<LookRoom>(a); });
    if (!ordered) {
        act(LookRoom{});
    }
}

// One after another.
void Decider::start_spare() {
    const SpareRules rules = spare_rules();
    const bool one_after_another = spares_.starting(plan_) || spares_.ending();
    if (trial_ || !spares_.wants_one(rules) || one_after_another || !all_served()) {
        return;
    }
    if (!room_.fresh(now_)) {
        look_at_room();
    } else if (room_.admits(slots_, expected())) {
        (void)spares_.start(rules);
    } else {
        spares_.found_no_room(now_);
    }
}

std::string Decider::why_no_spare() const {
    const SpareRules rules = spare_rules();
    if (policy_.capacity.spares > 0 && rules.wanted == 0 && !stopping_) {
        return "no worker can wait for a slot here (see limitations)";
    }
    std::string why = spares_.why_missing(rules);
    if (!why.empty() || !spares_.wants_one(rules)) {
        return why;
    }
    return spares_.starting(plan_) || spares_.ending() ? k_waits_for_other
           : all_served()                              ? ""
                                                       : k_waits_for_slots;
}

} // namespace recycler::slots
