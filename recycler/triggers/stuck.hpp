// SPDX-License-Identifier: MIT
// The trigger `stuck`: connections have waited for recycle.stuck at a worker that served nobody and
// took none of them. It gets no spread: the limit is a promise to those who wait, not about a
// generation.
#pragma once

#include "policies/policy.hpp"

#include <algorithm>

namespace recycler::triggers {

// `unserved`: for how long connections have waited so; nullopt = none waits, somebody is served, or
// it is not known.
[[nodiscard]] inline bool stuck_due(const policies::Recycle& recycle, std::optional<Duration> unserved) {
    return recycle.stuck && unserved && *unserved >= *recycle.stuck;
}

// From now until the worker counts as stuck; 0 when it does; unknown when off or when nobody waits
// so. Exact while it goes on like that, so it is a deadline to arm a timer with.
[[nodiscard]] inline std::optional<Duration> stuck_predicted(const policies::Recycle& recycle,
                                                             std::optional<Duration> unserved) {
    if (!recycle.stuck || !unserved) {
        return std::nullopt;
    }
    return std::max(*recycle.stuck - *unserved, Duration::zero());
}

} // namespace recycler::triggers
