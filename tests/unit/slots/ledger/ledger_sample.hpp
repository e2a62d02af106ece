// SPDX-License-Identifier: MIT
// A ledger in which no two fields are alike: what stands in tests/recorded/ledger-*.
#pragma once

#include "recycler/slots/ledger/ledger.hpp"

#include <cstring>
#include <memory>

namespace recycler::slots {

inline LedgerWorker sample_worker(std::uint32_t number, Phase phase, Order order,
                                  std::uint8_t trigger) {
    return {.generation = number,
            .serial = number + 1,
            .launched_at = 1'000'000 + number,
            .ready_at = 2'000'000 + number,
            .cut_at = 3'000'000 + number,
            .phase = phase,
            .order = order,
            .trigger = trigger};
}

inline LedgerSlot sample_slot(std::uint16_t index) {
    const std::uint32_t base = 100 * (index + 1U);
    LedgerSlot slot{.index = index,
                    .wanted = Wanted::out,
                    .gate = Gate::closed,
                    .due_trigger = static_cast<std::uint8_t>(Trigger::age),
                    .next_generation = base + 1,
                    .next_serial = base + 2,
                    .serial = base + 3,
                    .recorded = base + 4,
                    .brake_applied = base + 5,
                    .brake_until = base + 6,
                    .due_since = base + 7};
    slot.front = sample_worker(base + 10, Phase::draining_to_hold, Order::none, k_no_trigger);
    slot.retiring = sample_worker(base + 20, Phase::stopping, Order::recycle,
                                  static_cast<std::uint8_t>(Trigger::requests));
    for (std::uint32_t i = 0; i < slot.dead.size(); ++i) {
        slot.dead[i] = sample_worker(base + 30 + i, Phase::none, Order::hung,
                                     static_cast<std::uint8_t>(Trigger::hung));
    }
    return slot;
}

// What version 4 has added.
inline void add_what_is_new_in_4(Ledger& ledger) {
    for (std::uint32_t i = 0; i < ledger.slot_count; ++i) {
        ledger.slots[i].settle_until = 900 + i;
    }
}

// What version 5 has added.
inline void add_what_is_new_in_5(Ledger& ledger) {
    ledger.turned_away = 1'000'071;
    ledger.turns_spent_until = 1'000'072;
    for (std::uint32_t i = 0; i < ledger.slot_count; ++i) {
        LedgerSlot& slot = ledger.slots[i];
        slot.well_since = 910 + i;
        slot.unattended_since = 920 + i;
        slot.retiring_unattended_since = 930 + i;
        slot.turned_away = 940U + i;
        slot.start_failed = 1;
        slot.retiring_start_failed = 1;
    }
}

// What version 6 has added.
inline void add_what_is_new_in_6(Ledger& ledger) {
    for (std::uint32_t i = 0; i < ledger.slot_count; ++i) {
        LedgerSlot& slot = ledger.slots[i];
        slot.successor_opening = static_cast<std::uint8_t>(Opening::apart);
        slot.successor_generation = 950U + i;
        slot.successor_serial = 960U + i;
        slot.successor_launched_at = 970 + i;
        slot.lost_unattended = 980U + i;
        slot.lost_retiring_unattended = 990U + i;
    }
}

inline std::unique_ptr<Ledger> sample_ledger() {
    auto ledger = std::make_unique<Ledger>();
    ledger->slot_count = 3;
    ledger->stopping = 1;
    ledger->totals.requests = 1'000'001;
    for (std::size_t i = 0; i < 6; ++i) {
        ledger->totals.recycles[i] = 11 + i;
    }
    for (std::size_t i = 0; i < 14; ++i) {
        ledger->totals.ends[i] = 31 + i;
    }
    ledger->learned.start = 5'000'000'001;
    ledger->learned.start_cost = 77'000'001;
    std::memset(static_cast<void*>(&ledger->learned.lives), 0x5a, sizeof ledger->learned.lives);
    ledger->holding = {.baseline = 123'456, .limit = 654'321};
    for (std::uint16_t i = 0; i < 3; ++i) {
        ledger->slots[i] = sample_slot(i);
    }
    return ledger;
}

} // namespace recycler::slots
