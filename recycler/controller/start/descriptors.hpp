// SPDX-License-Identifier: MIT
// How many descriptors the app can need at once, in recyclerd and in the controller: too few would
// show as workers that cannot be started, long after the start.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <sys/types.h>

namespace recycler::controller {

// The larger one of what the two need.
[[nodiscard]] std::size_t descriptors_for(const policies::Policy& policy);

// An error when recyclerd, which is the process `keeper`, or this one may not have so many.
[[nodiscard]] Result<void> enough_descriptors(const policies::Policy& policy, pid_t keeper);

// A limitation while this process can open nothing more: who looks at the status must see why
// workers are not replaced. nullopt: it can.
[[nodiscard]] std::optional<std::string> no_descriptor_left();

} // namespace recycler::controller
