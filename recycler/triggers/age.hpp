// SPDX-License-Identifier: MIT
// The trigger `age`: a worker is due when it is as old as it has drawn (rules/spread.hpp) from
// recycle.age.
#pragma once

#include "policies/policy.hpp"

#include <algorithm>

namespace recycler::triggers {

// `limit`: what this worker has drawn; nullopt = off.
[[nodiscard]] inline bool age_due(std::optional<Duration> limit, Duration age) {
    return limit && age >= *limit;
}

// From now until the worker is due; 0 when it is; unknown when off. Exact, so it is a deadline to
// arm a timer with.
[[nodiscard]] inline std::optional<Duration> age_predicted(std::optional<Duration> limit,
                                                           Duration age) {
    return limit ? std::optional{std::max(*limit - age, Duration::zero())} : std::nullopt;
}

} // namespace recycler::triggers
