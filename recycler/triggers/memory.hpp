// SPDX-License-Identifier: MIT
// The trigger `memory`: a worker is due when its bloat reaches recycle.memory. Bloat, not usage:
// page cache is no reason to retire anybody. The threshold needs no spread: workers bloat apart by
// themselves.
#pragma once

#include "recycler/triggers/growth/outlook.hpp"
#include "recycler/triggers/growth/sampling.hpp"
#include "recycler/triggers/rule.hpp"

namespace recycler::triggers {

// Off where there is no limit.
[[nodiscard]] inline bool memory_due(const Facts& facts) {
    return facts.memory_limit && facts.seen.sample.bloat >= *facts.memory_limit;
}

// Also where it is off: memory.max ends a worker, too.
[[nodiscard]] inline std::optional<Duration> memory_next_look(const Facts& facts) {
    policies::Recycle recycle = facts.policy.recycle;
    recycle.memory = facts.memory_limit;
    return next_sample(facts.trend, recycle, facts.policy.memory);
}

// From the trend's last sample until the kernel kills the worker, as far as it and the lives before
// it let expect (outlook.hpp); what the due are ordered by.
[[nodiscard]] inline std::optional<Duration> time_to_max(const policies::Memory& memory,
                                                         const Trend& trend, const Lives& lives) {
    return memory.max ? time_to(*memory.max, trend, lives) : std::nullopt;
}

} // namespace recycler::triggers
