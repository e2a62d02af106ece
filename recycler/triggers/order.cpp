// SPDX-License-Identifier: MIT
#include "recycler/triggers/order.hpp"

#include <algorithm>
#include <tuple>

namespace recycler::triggers {

bool goes_before(const Due& a, const Due& b) {
    const auto rank = [](const Due& due) {
        return std::tuple(due.to_max.value_or(Duration::max()), due.since, due.slot);
    };
    return rank(a) < rank(b);
}

std::vector<Due> in_order(std::vector<Due> due) {
    std::sort(due.begin(), due.end(), goes_before);
    return due;
}

} // namespace recycler::triggers
