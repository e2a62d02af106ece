// SPDX-License-Identifier: MIT
// The trigger `hung`: one request has been running for recycle.hung. It gets no spread: the limit
// is a promise about one request, not about a generation.
#pragma once

#include "recycler/triggers/growth/sampling.hpp"
#include "recycler/triggers/rule.hpp"

#include <algorithm>

namespace recycler::triggers {

[[nodiscard]] inline bool hung_due(const Facts& facts) {
    return facts.policy.recycle.hung && facts.seen.running &&
           *facts.seen.running >= *facts.policy.recycle.hung;
}

// From now until the request in flight counts as hung; 0 when it does; unknown when off or idle.
// Exact while that request lasts, so it is a deadline to arm a timer with.
[[nodiscard]] inline std::optional<Duration> hung_predicted(const Facts& facts) {
    if (!facts.policy.recycle.hung || !facts.seen.running) {
        return std::nullopt;
    }
    return std::max(*facts.policy.recycle.hung - *facts.seen.running, Duration::zero());
}

[[nodiscard]] inline std::optional<Duration> hung_next_look(const Facts& facts) {
    const auto due = hung_predicted(facts);
    return due ? std::optional(std::max(*due, k_sample_near)) : std::nullopt;
}

} // namespace recycler::triggers
