// SPDX-License-Identifier: MIT
// What is wrong with a pool whichever balancer has it, and what a policy says to it. Knows no
// syntax.
#pragma once

#include "policies/policy.hpp"
#include "recycler/lint/pool.hpp"

#include <vector>

namespace recycler::lint {

// Adds to the pool's findings.
void judge(Pool& pool);

// Takes away the pools that have no slot of the policy, unless only such may have one whose
// addresses are not known; adds what does not fit it, and makes
// findings that only a closed gate brings about less grave where the policy closes none. The
// findings that concern no pool are returned; `start` is their place.
std::vector<Finding> compare(std::vector<Pool>& pools, const policies::Policy& policy, Place start);

} // namespace recycler::lint
