// SPDX-License-Identifier: MIT
// What this machine, or this version, cannot give of what the policy asks for: sentences for
// `status`, and what the decider must do without.
#pragma once

#include "recycler/controller/start/program_files.hpp"
#include "recycler/controller/workers/launching.hpp"
#include "recycler/slots/decider.hpp"
#include "recycler/worker/spawn/isolation.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::controller {

// Tries what has to be tried, and notes in `machine` what is missing. `isolation`: what was tried
// of it at the start.
std::vector<std::string> find_limitations(const policies::Policy& policy, const Recorder& recorder,
                                          const worker::IsolationOffer& isolation,
                                          slots::Machine& machine);

// `forbidden`: see ResolvedPolicy; empty: nothing is said. Pure.
[[nodiscard]] std::optional<std::string> resting_not_given(std::string_view forbidden);

// Limits of the policy above what this daemon may set. Pure.
[[nodiscard]] std::vector<std::string> limits_not_given(const policies::Limits& limits,
                                                        const HardLimits& hard);

} // namespace recycler::controller
