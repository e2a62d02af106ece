// SPDX-License-Identifier: MIT
#include "recycler/triggers/growth/outlook.hpp"

#include <algorithm>

namespace recycler::triggers {

namespace {

// By what a request has left behind.
double taught_by_requests(const Trend& own, const Lives& lives) {
    const auto per_request = lives.growth_per_request();
    const auto rate = own.requests_per_second();
    return per_request && rate ? static_cast<double>(per_request->count) * *rate : 0;
}

std::optional<double> taught_by_time(const Lives& lives) {
    const auto per_second = lives.growth_per_second();
    return per_second ? std::optional(static_cast<double>(per_second->count)) : std::nullopt;
}

} // namespace

std::optional<double> expected_growth(const Trend& own, const Lives& lives) {
    const auto shown = own.steady_growth();
    return shown ? std::max(*shown, taught_by_requests(own, lives)) : taught_by_time(lives);
}

std::optional<double> taught_growth(const Trend& own, const Lives& lives) {
    const auto by_time = taught_by_time(lives);
    return by_time ? std::optional(std::max(*by_time, taught_by_requests(own, lives)))
                   : std::nullopt;
}

std::optional<Duration> time_to(Bytes level, const Trend& own, const Lives& lives) {
    if (!own.last()) {
        return std::nullopt;
    }
    const auto growth = expected_growth(own, lives);
    return time_at(level - own.last()->bloat, growth.value_or(0));
}

} // namespace recycler::triggers
