// SPDX-License-Identifier: MIT
// How long the turns of a loop took: by the clock, by the thread's processor time, and the rest,
// which a turn spent waiting: for a call that blocks, or for a processor.
#pragma once

#include "recycler/base/units.hpp"

#include <array>
#include <cstdint>

namespace systemd {

// The last one: all that took longer.
inline constexpr std::array<recycler::Duration, 6> k_turn_steps{
    std::chrono::milliseconds(1),   std::chrono::milliseconds(5),   std::chrono::milliseconds(20),
    std::chrono::milliseconds(100), std::chrono::milliseconds(500), recycler::Duration::max()};

struct Turns {
    using Counts = std::array<std::uint64_t, k_turn_steps.size()>; // of those up to each step

    std::uint64_t count = 0;
    recycler::Duration longest{0};
    recycler::Duration longest_cpu{0};
    recycler::Duration longest_waiting{0};
    Counts took{};
    Counts used{}; // of the processor

    void add(recycler::Duration wall, recycler::Duration cpu);
};

} // namespace systemd
