// SPDX-License-Identifier: MIT
#include "recycler/triggers/growth/lives.hpp"

#include <algorithm>

namespace recycler::triggers {

void Lives::add(const Trend& trend) {
    if (const auto growth = trend.growth_per_request()) {
        per_request_.add(growth->count);
    }
    if (const auto growth = trend.growth_over_life()) {
        per_second_.add(growth->count);
    }
}

std::optional<Bytes> Lives::Recent::median() const {
    if (added == 0) {
        return std::nullopt;
    }
    auto sorted = values;
    const auto end =
        sorted.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(added, k_most));
    const auto middle = sorted.begin() + (end - sorted.begin()) / 2;
    std::nth_element(sorted.begin(), middle, end);
    return Bytes{*middle};
}

std::optional<Bytes> Lives::growth_per_request() const {
    return per_request_.median();
}

std::optional<Bytes> Lives::growth_per_second() const {
    return per_second_.median();
}

} // namespace recycler::triggers
