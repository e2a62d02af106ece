// SPDX-License-Identifier: MIT
// The dead whose burial the decider has ordered: the next to be buried, and those that wait for a
// piece of evidence, which never holds up the others.
#pragma once

#include "recycler/slots/action.hpp"

#include <utility>
#include <vector>

namespace recycler::controller {

struct Graves {
    std::vector<slots::Bury> next;
    std::vector<slots::Bury> waiting;

    // What they waited for has come, for one of them at least.
    void look_again() {
        for (const slots::Bury& grave : std::exchange(waiting, {})) {
            next.push_back(grave);
        }
    }
};

} // namespace recycler::controller
