// SPDX-License-Identifier: MIT
#include "recycler/slots/decider.hpp"
#include "recycler/slots/handover/keeping_orders.hpp"
#include "recycler/slots/spares/ledger.hpp"

#include <iterator>

namespace recycler::slots {

std::vector<Action> Decider::begin(MonoTime now, std::span<const SlotId> slots) {
    now_ = now;
    for (const SlotId id : slots) {
        add_slot(id).front = Vacant{.launch_at = now};
    }
    return end_turn();
}

std::vector<Action> Decider::adopt(MonoTime now, std::span<const SlotId> slots,
                                   const Ledger& ledger, const Holdings& holdings) {
    now_ = now;
    totals_ = ledger.totals;
    learned_ = ledger.learned;
    stopping_ = ledger.stopping != 0;
    turned_away_ = ledger.turned_away;
    start_rate_.restore(MonoTime(Duration(ledger.turns_spent_until)));
    // Of the policy that it was held under; another one begins with fresh eyes.
    if (policy_.recycle.memory == Bytes{ledger.holding.limit}) {
        const LedgerHolding& held = ledger.holding;
        storm_.restore(Holding{Bytes{held.baseline}, Bytes{held.limit}, k_served_unknown});
    }
    for (std::size_t i = 0; i < ledger.slot_count; ++i) {
        Adopted adopted = adopt_slot(ledger.slots[i], holdings, policy_, now);
        adopt_keeping(adopted.slot, holdings.keeping);
        slots_.push_back(std::move(adopted.slot));
        std::ranges::move(adopted.actions, std::back_inserter(actions_));
        std::ranges::move(adopted.end_records, std::back_inserter(end_records_));
        const SlotId id = slots_.back().id;
        if (std::find(slots.begin(), slots.end(), id) == slots.end() && !stopping_) {
            to_remove_.push_back(id); // it left the policy, unknown to the controller before
        }
    }
    for (const SlotId id : slots) {
        if (find(id) == nullptr) {
            add_slot(id).front = Vacant{.launch_at = now};
            if (stopping_) {
                leave(*find(id));
            }
        }
    }
    spares_.restore(adopt_spares(ledger, holdings, policy_, now), now);
    trial_ = adopt_trial(ledger, now);
    plan_ = trial_ ? 1 : 0; // all workers that are there were started by plan 0
    drop_held();
    serves_nobody_ = nobody_can_serve(); // told by the controller before
    turned_away_before_ = turned_away_ - std::min(turned_away_, lost_in_all(slots_));
    return end_turn();
}

std::vector<Action> Decider::step(MonoTime now, const Event& event) {
    now_ = std::max(now_, now);
    std::visit([this](const auto& fact) { on(fact); }, event);
    return end_turn();
}

std::vector<Action> Decider::take_in(MonoTime now, std::span<const WorkerSampled> samples) {
    now_ = std::max(now_, now);
    for (const WorkerSampled& sample : samples) {
        on(sample);
    }
    return end_turn();
}

std::vector<Action> Decider::end_turn() {
    for (Slot& slot : slots_) {
        fire(slot);
    }
    spares_.fire(spare_rules());
    spares_.hand_over(actions_, end_records_); // before one of them is given a slot
    remove_slots();
    go_ahead();
    begin_before_max();
    settle_trial();
    take_due();
    start_spare();
    tell_service();
    for (Reply& reply : calls_.answers(now_, slots_)) {
        act(std::move(reply));
    }
    spares_.hand_over(actions_, end_records_);
    finish_if_empty();
    const bool off = policy_.app.keep_connections == policies::KeepConnections::off;
    std::vector<Action> actions;
    // Also without a recorder now: a controller before may have had one.
    if (machine_.keeps || any_keeps(slots_)) {
        actions = keeping_orders(slots_, {.now = now_, .off = off, .stopping = stopping_});
    }
    for (Action& action : std::exchange(actions_, {})) {
        actions.push_back(std::move(action));
    }
    for (Action& end_record : std::exchange(end_records_, {})) {
        actions.push_back(std::move(end_record));
    }
    return actions;
}

void Decider::fire(Slot& slot) {
    traffic_.fire(slot, policy_.capacity.settle, now_);
    fire_broken(slot);
    fire_unattended(slot);
    fire_front(slot);
    fire_overlap(slot);
    fire_held(slot);
    fire_gate(slot);
    fire_unclosed(slot);
    warn_of_waiting(slot);
    for (Doomed& doomed : slot.doomed) {
        if (now_ >= doomed.kill_again_at) {
            act(KillWorker{doomed.worker.id});
            doomed.kill_again_at = now_ + k_kill_again;
        }
    }
}

namespace {

// Whether a slot holds no worker any more, living or unrecorded.
bool empty(const Slot& slot) {
    return std::holds_alternative<Vacant>(slot.front) && !slot.successor && !slot.retiring &&
           slot.doomed.empty() && slot.dead.empty();
}

} // namespace

void Decider::finish_if_empty() {
    // A slot that left the policy goes as soon as its last worker is recorded.
    std::erase_if(slots_, [this](const Slot& slot) {
        const bool done =
            slot.wanted == Wanted::gone && empty(slot) && !stopping_ &&
            std::find(to_remove_.begin(), to_remove_.end(), slot.id) == to_remove_.end();
        if (done) {
            act(CloseListener{slot.listener});
            announce(slot, EventName::slot_removed);
            act(SlotGone{slot.id, slot.next_generation});
        }
        return done;
    });
    if (!stopping_ || finished_ || !std::all_of(slots_.begin(), slots_.end(), empty) ||
        !spares_.empty()) {
        return;
    }
    finished_ = true;
    for (const Slot& slot : slots_) {
        act(CloseListener{slot.listener});
    }
    for (const RequestId request : stop_requests_) {
        act(Reply{.request = request});
    }
    act(Finish{});
}

void Decider::write(Ledger& ledger) const {
    ledger.slot_count = static_cast<std::uint32_t>(std::min(slots_.size(), ledger.slots.size()));
    ledger.stopping = stopping_ ? 1 : 0;
    ledger.totals = totals_;
    ledger.learned = learned_;
    ledger.turned_away = turned_away_;
    ledger.turns_spent_until = start_rate_.spent_until().time_since_epoch().count();
    ledger.holding = {};
    if (const auto& holding = storm_.holding()) {
        ledger.holding = {.baseline = holding->baseline.count, .limit = holding->limit.count};
    }
    ledger.spares = to_rows(spares_.kept(), trial_);
    for (std::size_t i = 0; i < ledger.slot_count; ++i) {
        ledger.slots[i] = to_row(slots_[i]);
    }
}

// Numbers are given from 0 up, so that until a reload takes slots away each stands at its own.
const Slot* Decider::find(SlotId id) const {
    if (id.index < slots_.size() && slots_[id.index].id == id) {
        return &slots_[id.index];
    }
    const auto it = std::find_if(slots_.begin(), slots_.end(),
                                 [id](const Slot& slot) { return slot.id == id; });
    return it == slots_.end() ? nullptr : &*it;
}

Slot* Decider::find(SlotId id) {
    return const_cast<Slot*>(std::as_const(*this).find(id));
}

Slot& Decider::add_slot(SlotId id, std::uint32_t first_generation) {
    Slot& slot = slots_.emplace_back();
    slot.id = id;
    slot.first_generation = first_generation;
    slot.next_generation = first_generation;
    slot.listener = {id, 1};
    slot.next_serial = 2;
    return slot;
}

void Decider::announce(const Slot& slot, EventName name, std::string text) {
    const Worker* worker = worker_of(slot.front);
    act(Announce{.name = name,
                 .slot = slot.id,
                 .generation = worker == nullptr ? 0 : worker->id.generation,
                 .trigger = slot.due ? std::optional(slot.due->trigger) : std::nullopt,
                 .text = std::move(text)});
}

} // namespace recycler::slots
