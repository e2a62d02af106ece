// SPDX-License-Identifier: MIT
// How many processors our own cgroup and those above it leave: a container or a unit's CPUQuota
// gives less time than the processors that we may run on would have. Looks only.
#pragma once

#include <optional>

namespace cgroups {

// The smallest of the quotas, rounded up, at least 1. nullopt: there is none that can be seen from
// here.
[[nodiscard]] std::optional<unsigned> processors_by_quota();

} // namespace cgroups
