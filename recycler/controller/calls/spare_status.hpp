// SPDX-License-Identifier: MIT
// What `status` shows of the workers that wait for a slot. Reads; changes nothing.
#pragma once

#include "recycler/control/model/model.hpp"
#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/slots/decider.hpp"

namespace recycler::controller {

// Those there are, then those that the policy asks for and that are missing.
[[nodiscard]] std::vector<control::SpareStatus>
spare_status(const slots::Decider& decider, const LiveWorkers& workers, MonoTime now);

} // namespace recycler::controller
