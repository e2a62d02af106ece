// SPDX-License-Identifier: MIT
// Forks one worker from its plan. Checks that the plan cannot change any more, points nowhere
// outside of itself and is permitted; then it is carried out as it stands.
#pragma once

#include "recycler/keeper/permits.hpp"
#include "recycler/keeper/protocol/wire.hpp"
#include "recycler/keeper/store.hpp"

namespace recycler::keeper {

// Starts the worker that `packet` (a Launch with its descriptors) asks for and fills in `record`:
// pid, pidfd, output, failure pipe. `permits`: nullptr for a
// controller of a protocol that has none. Step::none: forked, and the child is on its way; else
// nothing was started, and the step and errno say why.
[[nodiscard]] worker::StepFailure launch_worker(const Launch& launch, const Packet& packet,
                                                const Permits* permits, WorkerRecord& record);

// The order of the descriptors beside a Launch.
enum LaunchFd : std::size_t { k_plan_at, k_listener_at, k_page_at, k_ring_at, k_channel_at };

} // namespace recycler::keeper
