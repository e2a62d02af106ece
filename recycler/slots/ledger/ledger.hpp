// SPDX-License-Identifier: MIT
// What must outlive the controller, in a form that a memfd can hold: fixed size, no pointers,
// rewritten before each turn's actions are carried out. So whatever was done had been written down
// first, and the next controller knows why a worker is stopping and which slots the operator
// drained. How it stands in the file, and how one of another version is read: ledger_format.hpp.
#pragma once

#include "recycler/slots/ledger/ledger_rows.hpp"
#include "recycler/slots/slot.hpp"
#include "recycler/triggers/growth/lives.hpp"

#include <array>

namespace recycler::slots {

inline constexpr std::size_t k_most_slots = 1024;

// How many triggers and verdicts there may ever be. What has a higher number counts as the last.
inline constexpr std::size_t k_trigger_codes = k_most_triggers;
inline constexpr std::size_t k_verdict_codes = 64;

struct LedgerSlot {
    std::uint16_t index = 0;
    Wanted wanted = Wanted::in;
    Gate gate = Gate::open;
    std::uint8_t due_trigger = k_no_trigger;
    std::uint8_t shut_at_stop = 0; // 1: a worker shut its listener down when it was told to stop
    std::uint8_t stops = 0;        // bits: 1: the last one took no notice; 2: people were told
    std::uint8_t reserved = 0;
    std::uint32_t next_generation = 1;
    std::uint32_t next_serial = 1;
    std::uint32_t serial = 0;   // of the listener that gets the connections
    std::uint32_t recorded = 0; // generation counted last: the keeper may not have been told yet
    std::uint32_t brake_applied = 0;
    std::uint32_t stop_took = 0; // the last one, in milliseconds, rounded up; 0: none was told yet
    std::int64_t brake_until = 0;
    std::int64_t due_since = 0;
    std::int64_t settle_until = 0; // 0: the gate did not open just now, or has seen traffic since
    std::int64_t well_since = 0;   // served since the brake was fed last; 0: not since, or unknown
    std::int64_t unattended_since = 0; // 0: a worker serves, or none has failed yet
    std::int64_t retiring_unattended_since = 0;
    std::uint64_t turned_away = 0;
    std::uint8_t start_failed = 0;          // 1: since unattended_since
    std::uint8_t retiring_start_failed = 0; // 1: since retiring_unattended_since
    std::uint8_t successor_opening = 0;     // the number of its Opening
    std::uint8_t reserved_byte = 0;
    std::uint32_t successor_spare = 0;      // as of a worker
    std::uint32_t successor_generation = 0; // 0: none starts beside the front
    std::uint32_t successor_serial = 0;
    std::int64_t successor_launched_at = 0;
    std::uint32_t lost_unattended = 0; // requests turned away since unattended_since
    std::uint32_t lost_retiring_unattended = 0;
    LedgerWorker front{};
    LedgerWorker retiring{};
    std::array<LedgerWorker, 4> dead{}; // ended, record not confirmed
};

// Counted since the daemon started, over all controllers. By the numbers of triggers and verdicts,
// with room for those of later versions: what one of them has counted is kept for its return.
struct Totals {
    std::uint64_t requests = 0; // of recorded workers; the living are added when asked
    std::array<std::uint64_t, k_trigger_codes> recycles{};
    std::array<std::uint64_t, k_verdict_codes> ends{};
    bool operator==(const Totals&) const = default;
};

// What the app's starts and its workers' lives have taught; 0: nothing yet.
struct Learned {
    std::int64_t start = 0;       // nanoseconds from launch to ready
    std::uint64_t start_cost = 0; // bytes of bloat that a worker needs until it is warm
    triggers::Lives lives;
};

// Why the trigger `memory` is held (storm.hpp); a limit of 0: it is not.
struct LedgerHolding {
    std::uint64_t baseline = 0;
    std::uint64_t limit = 0;
};

struct Ledger {
    std::uint32_t slot_count = 0;
    std::uint32_t stopping = 0;
    Totals totals;
    Learned learned;
    LedgerHolding holding;
    std::uint64_t turned_away = 0;      // of all slots, also of those that are gone
    std::int64_t turns_spent_until = 0; // of starts (start_rate.hpp)
    LedgerSpares spares{};
    std::array<LedgerSlot, k_most_slots> slots;
};
static_assert(std::is_trivially_copyable_v<Ledger>);

// Writes one slot into its row and reads it back. Measurements are not kept: they are taken anew.
[[nodiscard]] LedgerSlot to_row(const Slot& slot);

} // namespace recycler::slots
