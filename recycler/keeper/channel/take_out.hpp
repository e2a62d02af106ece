// SPDX-License-Identifier: MIT
// Copies kept connections of a process that stands still into the channel of its slot: see
// protocol/take_out.hpp, also for what a lying controller gains. Keeps none of them and allocates
// nothing.
#pragma once

#include "recycler/keeper/protocol/take_out.hpp"
#include "recycler/keeper/store.hpp"

namespace recycler::keeper {

// `worker` is one of `store`, and is noted there to be done. Its process does not wait for this.
[[nodiscard]] TakenOut take_out(const TakeOut& order, WorkerRecord& worker, Store& store);

} // namespace recycler::keeper
