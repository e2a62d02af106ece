// SPDX-License-Identifier: MIT
// How far the balancer's clock is ahead of the daemon's, found from the log itself: one constant
// offset under which many lines meet the end of a worker of their slot. Pure.
#pragma once

#include "recycler/explain/entry.hpp"
#include "recycler/explain/history.hpp"

#include <optional>
#include <vector>

namespace recycler::explain {

// A line that says that a connection ended early, and the slot that it names, if it names one.
struct SkewSample {
    WallTime at; // the middle of the time that the line can mean
    std::optional<SlotIndex> slot;
};
inline constexpr std::size_t k_most_skew_samples = 1000;

struct Skew {
    Duration ahead{};
    std::size_t lines = 0; // that fit it, of all samples
};

// Nullopt: the clocks agree, or too few lines speak for anything else. Looks as far as 26 hours:
// no two time zones are further apart.
std::optional<Skew> find_skew(const std::vector<SkewSample>& samples, const History& history);

} // namespace recycler::explain
