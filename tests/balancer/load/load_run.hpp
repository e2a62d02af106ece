// SPDX-License-Identifier: MIT
// The run itself: one epoll loop over all connections, one clock, one tally.
#pragma once

#include "recycler/base/result.hpp"
#include "tests/balancer/load/load_plan.hpp"
#include "tests/balancer/load/tally.hpp"

namespace recycler::load {

// Runs the plan to its end, or to the first SIGINT or SIGTERM; every request begun is answered or
// counted as missing before it returns. Prints the lines of --progress and the summary. Errors: the
// machine refused (no epoll, bad address).
Result<Tally> run(const LoadPlan& plan);

} // namespace recycler::load
