#include "policies/outlook.hpp"

#include <algorithm>

namespace policies {

std::optional<double> expected_growth(const Trend& own, const Lives& lives) {
    const auto shown = own.steady_growth();
    const auto per_request = lives.growth_per_request();
    const auto rate = own.requests_per_second();
    const auto per_second = lives.growth_per_second();
    if (shown) {
        const double taught =
            per_request && rate ? static_cast<double>(per_request->count) * *rate : 0;
        return std::max(*shown, taught);
    }
    return per_second ? std::optional(static_cast<double>(per_second->count)) : std::nullopt;
}

std::optional<Duration> time_to(Bytes level, const Trend& own, const Lives& lives) {
    if (!own.last()) {
        return std::nullopt;
    }
    const auto growth = expected_growth(own, lives);
    return time_at(level - own.last()->bloat, growth.value_or(0));
}

} // namespace policies
