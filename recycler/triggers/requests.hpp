// SPDX-License-Identifier: MIT
// The trigger `requests`: a worker is due when it has served as many requests as it has drawn
// (spread.hpp) from recycle.requests.
#pragma once

#include "recycler/triggers/rule.hpp"

namespace recycler::triggers {

// What this worker has drawn of it; nullopt = off.
[[nodiscard]] std::optional<std::uint64_t> requests_limit(const Facts& facts);

[[nodiscard]] bool requests_due(const Facts& facts);

// From the sample until the worker has served so many, at its present pace; 0 when it
// has; unknown when off, when nothing is served, and beyond a year.
[[nodiscard]] std::optional<Duration> requests_predicted(const Facts& facts);

[[nodiscard]] std::optional<Duration> requests_next_look(const Facts& facts);

// The instant at which the worker reaches its limit, or reached it. Unknown before it has served
// half of it: nobody is retired ahead of that, because starts would be all that an app does.
// Unknown also for a worker that serves nobody.
[[nodiscard]] std::optional<MonoTime> requests_full_at(const Facts& facts);

} // namespace recycler::triggers
