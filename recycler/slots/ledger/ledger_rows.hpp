// SPDX-License-Identifier: MIT
// What the ledger keeps of one worker, and of those that wait for a slot.
#pragma once

#include "recycler/slots/action.hpp"

#include <array>
#include <cstdint>

namespace recycler::slots {

inline constexpr std::uint8_t k_no_trigger = 0xff;

// The numbers stand in the file: none ever moves.
enum class Phase : std::uint8_t {
    none = 0,
    starting = 1,
    serving = 2,
    draining_to_hold = 3,
    draining_to_replace = 4,
    draining_to_leave = 5,
    drained = 6,
    parking = 7,
    stopping = 8,
    leaving = 9,
};

struct LedgerWorker {
    std::uint32_t generation = 0; // 0: no such worker
    std::uint32_t serial = 0;     // of its listener
    std::int64_t launched_at = 0; // MonoTime in nanoseconds
    std::int64_t ready_at = 0;    // 0: not yet
    std::int64_t cut_at = 0;      // 0: none
    Phase phase = Phase::none;
    Order order = Order::none;
    std::uint8_t trigger = k_no_trigger;
    std::uint8_t reserved = 0;
    std::uint32_t spare = 0; // the number that it had as a spare; 0: it was none
};

struct LedgerSpare {
    std::uint32_t number = 0;  // 0: no such spare
    Phase phase = Phase::none; // starting; serving: it waits; stopping; leaving: its record waits
    Order order = Order::none;
    std::uint8_t trigger = k_no_trigger;
    std::uint8_t reserved = 0;
    std::int64_t launched_at = 0;
    std::int64_t ready_at = 0;
};

// Its size is fixed: the slots follow it.
struct LedgerSpares {
    std::uint32_t next = 0;  // number
    std::uint32_t trial = 0; // bits: 1: asked by an operator, 2: because of the policy
    std::uint32_t brake_applied = 0;
    std::uint32_t reserved = 0;
    std::int64_t brake_until = 0;
    std::int64_t well_since = 0;
    std::array<LedgerSpare, 32> spares{};
};

} // namespace recycler::slots
