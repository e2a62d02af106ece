// SPDX-License-Identifier: MIT
// The trigger `memory`: a worker is due when its bloat reaches recycle.memory. Bloat, not usage:
// page cache is no reason to retire anybody. The threshold needs no spread: workers bloat apart by
// themselves.
#pragma once

#include "policies/policy.hpp"
#include "recycler/triggers/growth/outlook.hpp"

namespace recycler::triggers {

// Off where recycle.memory is not set.
[[nodiscard]] inline bool memory_due(const policies::Recycle& recycle, Bytes bloat) {
    return recycle.memory && bloat >= *recycle.memory;
}

// From the trend's last sample until the kernel kills the worker, as far as it and the lives before
// it let expect (outlook.hpp); what the due are ordered by.
[[nodiscard]] inline std::optional<Duration> time_to_max(const policies::Memory& memory, const Trend& trend,
                                                         const Lives& lives) {
    return memory.max ? time_to(*memory.max, trend, lives) : std::nullopt;
}

} // namespace recycler::triggers
