// SPDX-License-Identifier: MIT
// Spread: each worker draws its own limit a little below the policy's, so that workers started
// together are not due together. Deterministic: the same worker draws the same limit in every
// controller that looks at it.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/ids.hpp"

namespace recycler::triggers {

// A seed that differs between any two workers.
[[nodiscard]] std::uint64_t seed_of(recycler::WorkerId worker);

// A limit within [limit * (1 - spread), limit], evenly drawn, at least 1 (or `limit`, where that is
// less).
[[nodiscard]] std::uint64_t spread_requests(std::uint64_t limit, policies::Percent spread,
                                            std::uint64_t seed);
[[nodiscard]] Duration spread_age(Duration limit, policies::Percent spread, std::uint64_t seed);

} // namespace recycler::triggers
