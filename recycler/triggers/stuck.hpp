// SPDX-License-Identifier: MIT
// The trigger `stuck`: connections have waited for recycle.stuck at a worker that served nobody and
// took none of them. It gets no spread: the limit is a promise to those who wait, not about a
// generation.
#pragma once

#include "recycler/triggers/growth/sampling.hpp"
#include "recycler/triggers/rule.hpp"

#include <algorithm>

namespace recycler::triggers {

[[nodiscard]] inline bool stuck_due(const Facts& facts) {
    return facts.policy.recycle.stuck && facts.seen.unserved &&
           *facts.seen.unserved >= *facts.policy.recycle.stuck;
}

// From now until the worker counts as stuck; 0 when it does; unknown when off or when nobody waits
// so. Exact while it goes on like that, so it is a deadline to arm a timer with.
[[nodiscard]] inline std::optional<Duration> stuck_predicted(const Facts& facts) {
    if (!facts.policy.recycle.stuck || !facts.seen.unserved) {
        return std::nullopt;
    }
    return std::max(*facts.policy.recycle.stuck - *facts.seen.unserved, Duration::zero());
}

[[nodiscard]] inline std::optional<Duration> stuck_next_look(const Facts& facts) {
    const auto due = stuck_predicted(facts);
    return due ? std::optional(std::max(*due, k_sample_near)) : std::nullopt;
}

} // namespace recycler::triggers
