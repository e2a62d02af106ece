// SPDX-License-Identifier: MIT
#include "recycler/triggers/requests.hpp"

#include <chrono>

namespace recycler::triggers {

bool requests_due(std::optional<std::uint64_t> limit, std::uint64_t served) {
    return limit && served >= *limit;
}

bool may_go_ahead(std::optional<std::uint64_t> limit, std::uint64_t served) {
    return limit && served >= *limit - *limit / 2;
}

std::optional<Duration> requests_predicted(std::optional<std::uint64_t> limit, const Trend& trend) {
    if (!limit || !trend.last()) {
        return std::nullopt;
    }
    const std::uint64_t served = trend.last()->served;
    if (served >= *limit) {
        return Duration::zero();
    }
    const auto rate = trend.pace();
    if (!rate || *rate <= 0) {
        return std::nullopt;
    }
    const std::chrono::duration<double> left{static_cast<double>(*limit - served) / *rate};
    return left > k_longest_prediction ? std::nullopt
                                       : std::optional{std::chrono::duration_cast<Duration>(left)};
}

} // namespace recycler::triggers
