// The trigger `requests`: a worker is due when it has served as many requests as it has drawn
// (rules/spread.hpp) from recycle.requests.
#pragma once

#include "policies/trend.hpp"

namespace policies::rules {

// `limit`: what this worker has drawn; nullopt = off.
[[nodiscard]] bool requests_due(std::optional<std::uint64_t> limit, std::uint64_t served);

// From the trend's last sample until the worker is due, at its present rate of requests; 0 when it
// is; unknown when off, when nothing is served, and beyond a year.
[[nodiscard]] std::optional<Duration> requests_predicted(std::optional<std::uint64_t> limit,
                                                         const Trend& trend);

} // namespace policies::rules
