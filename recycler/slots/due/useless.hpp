// SPDX-License-Identifier: MIT
// Whether a sample shows a worker that is of no use any more, although it lives: one request hangs
// in it, or it stands still while connections wait. Such a one is not brought to its end but ended.
#pragma once

#include "recycler/base/trigger.hpp"
#include "recycler/slots/event.hpp"
#include "recycler/triggers/hung.hpp"
#include "recycler/triggers/stuck.hpp"

#include <optional>

namespace recycler::slots {

// nullopt: it is of use, or nobody can say.
[[nodiscard]] inline std::optional<Trigger> why_useless(const policies::Recycle& recycle,
                                                        const WorkerSampled& seen) {
    if (triggers::hung_due(recycle, seen.running)) {
        return Trigger::hung;
    }
    return triggers::stuck_due(recycle, seen.unserved) ? std::optional(Trigger::stuck)
                                                       : std::nullopt;
}

// From the sample until it shows that, if all goes on as it is; nullopt: nothing points to it.
[[nodiscard]] inline std::optional<Duration> until_useless(const policies::Recycle& recycle,
                                                           const WorkerSampled& seen) {
    const auto hung = triggers::hung_predicted(recycle, seen.running);
    const auto stuck = triggers::stuck_predicted(recycle, seen.unserved);
    return hung && stuck ? std::min(hung, stuck) : (hung ? hung : stuck);
}

} // namespace recycler::slots
