// How many descriptors the app can need at once, in recyclerd and in the controller: too few would
// show as workers that cannot be started, long after the start.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/result.hpp"

#include <cstddef>
#include <sys/types.h>

namespace recycler::controller {

// The larger one of what the two need.
[[nodiscard]] std::size_t descriptors_for(const policies::Policy& policy);

// An error when recyclerd, which is the process `keeper`, or this one may not have so many.
[[nodiscard]] Result<void> enough_descriptors(const policies::Policy& policy, pid_t keeper);

} // namespace recycler::controller
