// SPDX-License-Identifier: MIT
// The trigger `requests`: a worker is due when it has served as many requests as it has drawn
// (rules/spread.hpp) from recycle.requests.
#pragma once

#include "recycler/triggers/growth/trend.hpp"

namespace recycler::triggers {

// `limit`: what this worker has drawn; nullopt = off.
[[nodiscard]] bool requests_due(std::optional<std::uint64_t> limit, std::uint64_t served);

// From the trend's last sample until the worker has served so many, at its present pace; 0 when it
// has; unknown when off, when nothing is served, and beyond a year.
[[nodiscard]] std::optional<Duration> requests_predicted(std::optional<std::uint64_t> limit,
                                                         const Trend& trend);

// Whether a worker may be retired ahead of its limit, so that it does not pass it while the next
// one starts: it has served half of it. Below, starts would be all that an app does.
[[nodiscard]] bool may_go_ahead(std::optional<std::uint64_t> limit, std::uint64_t served);

} // namespace recycler::triggers
