// SPDX-License-Identifier: MIT
// The trigger `hung`: one request has been running for recycle.hung. It gets no spread: the limit
// is a promise about one request, not about a generation.
#pragma once

#include "policies/policy.hpp"

#include <algorithm>

namespace recycler::triggers {

// `running`: for how long the oldest request in flight has run; nullopt = none is in flight.
[[nodiscard]] inline bool hung_due(const policies::Recycle& recycle, std::optional<Duration> running) {
    return recycle.hung && running && *running >= *recycle.hung;
}

// From now until the request in flight counts as hung; 0 when it does; unknown when off or idle.
// Exact while that request lasts, so it is a deadline to arm a timer with.
[[nodiscard]] inline std::optional<Duration> hung_predicted(const policies::Recycle& recycle,
                                                            std::optional<Duration> running) {
    if (!recycle.hung || !running) {
        return std::nullopt;
    }
    return std::max(*recycle.hung - *running, Duration::zero());
}

} // namespace recycler::triggers
