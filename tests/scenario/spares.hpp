// SPDX-License-Identifier: MIT
// What the model world knows of spares besides its workers. Has dice of its own, so that streams
// without spares stay what they are.
#pragma once

#include "policies/policy.hpp"
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
    ModelSpares(std::uint64_t seed, const policies::Policy& policy)
        : dice(seed), on(policy.capacity.spares > 0), unfit(dice.one_in(10)) {}
    Dice dice;
    bool on;
    bool unfit; // the program cannot wait for a slot
    ModelTrial trial;
};

} // namespace scenario
