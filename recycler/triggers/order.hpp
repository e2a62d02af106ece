// SPDX-License-Identifier: MIT
// Who of the due is recycled first. An order and nothing else: how many at once is decided by
// whoever holds the budget.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/ids.hpp"

#include <optional>
#include <vector>

namespace recycler::triggers {

// One worker whose recycle is due. `to_max`: predicted time until it reaches memory.max, counted
// from the same instant for all that are compared; nullopt = unknown.
struct Due {
    recycler::SlotId slot = {};
    std::optional<Duration> to_max = {};
    recycler::MonoTime since = {};
    bool operator==(const Due&) const = default;
};

// By predicted time to memory.max, unknown last; then who has been due for longest; then by slot. A
// strict total order over different slots.
[[nodiscard]] bool goes_before(const Due& a, const Due& b);

[[nodiscard]] std::vector<Due> in_order(std::vector<Due> due);

} // namespace recycler::triggers
