// SPDX-License-Identifier: MIT
// The dead whose record the decider has ordered: the next to be recorded, and those that wait for a
// piece of evidence, which never holds up the others.
#pragma once

#include "recycler/slots/action.hpp"

#include <utility>
#include <vector>

namespace recycler::controller {

struct PendingRecords {
    std::vector<slots::RecordEnd> next;
    std::vector<slots::RecordEnd> waiting;

    // What they waited for has come, for one of them at least.
    void look_again() {
        for (const slots::RecordEnd& pending_end : std::exchange(waiting, {})) {
            next.push_back(pending_end);
        }
    }
};

} // namespace recycler::controller
