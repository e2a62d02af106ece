// SPDX-License-Identifier: MIT
// What the model world knows of spares besides its workers. Has dice of its own, so that streams
// without spares stay what they are.
#pragma once

#include "tests/scenario/model.hpp"

#include <set>

namespace scenario {

// A fresh one is tried: if that fails, no slot may be due that was not due before.
struct ModelTrial {
    std::uint32_t spare = 0; // number; 0: none is tried
    std::set<SlotId> due;
    bool asked = false; // meanwhile for one slot
};

struct ModelSpares {
    Dice dice;
    bool on = false;
    bool unfit = false; // the program cannot wait for a slot
    ModelTrial trial;
};

} // namespace scenario
