// SPDX-License-Identifier: MIT
// The trigger `age`: a worker is due when it is as old as it has drawn (spread.hpp) from
// recycle.age.
#pragma once

#include "recycler/triggers/rule.hpp"
#include "recycler/triggers/spread.hpp"

#include <algorithm>

namespace recycler::triggers {

// What this worker has drawn of it; nullopt = off.
[[nodiscard]] inline std::optional<Duration> age_limit(const Facts& facts) {
    return facts.policy.recycle.age
               ? std::optional(spread_age(*facts.policy.recycle.age, facts.policy.recycle.spread,
                                          seed_of(facts.seen.worker)))
               : std::nullopt;
}

[[nodiscard]] inline bool age_due(const Facts& facts) {
    const auto limit = age_limit(facts);
    return limit && facts.age >= *limit;
}

// From now until the worker is due; 0 when it is; unknown when off. Exact, so it is a deadline to
// arm a timer with.
[[nodiscard]] inline std::optional<Duration> age_predicted(const Facts& facts) {
    const auto limit = age_limit(facts);
    return limit ? std::optional{std::max(*limit - facts.age, Duration::zero())} : std::nullopt;
}

// One that is due already and waits is looked at for its other triggers.
[[nodiscard]] inline std::optional<Duration> age_next_look(const Facts& facts) {
    const auto due = age_predicted(facts);
    return due && *due > Duration::zero() ? due : std::nullopt;
}

} // namespace recycler::triggers
