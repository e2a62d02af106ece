// SPDX-License-Identifier: MIT
// Takes notes of a worker with each sample of it, and makes of them what its record holds. Changes
// nothing but the notes.
#pragma once

#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/death/circumstances.hpp"

#include <cstdint>
#include <optional>

namespace recycler::controller {

// With each sample, before it becomes the last one: some 5 us. `served`: none where nobody counts.
void take_notes(LiveWorker& worker, const slots::WorkerSampled& seen,
                std::optional<std::uint64_t> served);

// How the worker grew during the request that had been in flight since then. `peak`: of all its
// life.
[[nodiscard]] death::Seen<death::RequestGrowth>
growth_during(const LiveWorker& worker, MonoTime since, std::optional<Bytes> peak);

// Of a worker that has ended and had answered so many: it had run out of something, and so has not
// left in good order, whatever its status says.
[[nodiscard]] bool ended_for_want(const LiveWorker& worker, MonoTime ended_at,
                                  std::uint64_t served);

// Of a worker that has ended, as long as its cgroup still exists. `app_max`: of the policy.
[[nodiscard]] death::Circumstances circumstances_of(const LiveWorker& worker, MonoTime ended_at,
                                                    std::optional<Bytes> app_max);

} // namespace recycler::controller
