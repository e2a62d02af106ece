// SPDX-License-Identifier: MIT
#include "systemd/turns.hpp"

#include <algorithm>

namespace systemd {

using recycler::Duration;

namespace {

void count_step(Turns::Counts& counts, Duration took) {
    const auto* const step = std::ranges::lower_bound(k_turn_steps, took);
    counts[static_cast<std::size_t>(step - k_turn_steps.begin())] += 1;
}

} // namespace

void Turns::add(Duration wall, Duration cpu) {
    count += 1;
    longest = std::max(longest, wall);
    longest_cpu = std::max(longest_cpu, cpu);
    longest_waiting = std::max(longest_waiting, wall - cpu);
    count_step(took, wall);
    count_step(used, cpu);
}

} // namespace systemd
