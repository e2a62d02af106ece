// Takes notes of a worker with each sample of it, and makes of them what its record holds. Changes
// nothing but the notes.
#pragma once

#include "recycler/controller/live_worker.hpp"
#include "recycler/death/circumstances.hpp"

#include <cstdint>
#include <optional>

namespace recycler::controller {

// With each sample: some 5 us. `served`: none where nobody counts.
void take_notes(LiveWorker& worker, const policies::Sample& sample,
                std::optional<std::uint64_t> served);

// Of a worker that has ended, as long as its cgroup still exists. `app_max`: of the policy.
[[nodiscard]] death::Circumstances circumstances_of(const LiveWorker& worker, MonoTime ended_at,
                                                    std::optional<Bytes> app_max);

} // namespace recycler::controller
