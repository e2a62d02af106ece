// SPDX-License-Identifier: MIT
// What this machine, or this version, cannot give of what the policy asks for: sentences for
// `status`, and what the decider must do without.
#pragma once

#include "recycler/controller/start/program_files.hpp"
#include "recycler/slots/decider.hpp"
#include "recycler/worker/spawn/isolation.hpp"

#include <string>
#include <vector>

namespace recycler::controller {

// Tries what has to be tried, and notes in `machine` what is missing.
std::vector<std::string> find_limitations(const Recorder& recorder, slots::Machine& machine);

// Those of [sandbox] isolate, if the policy asks for it.
void add_isolation_limits(std::vector<std::string>& limitations, const policies::Policy& policy,
                          const worker::IsolationOffer& offer);

} // namespace recycler::controller
