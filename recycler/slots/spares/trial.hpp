// SPDX-License-Identifier: MIT
// Before all workers are replaced, by an operator's order or because of a changed policy, a fresh
// spare is tried: only when it is ready the others follow. Where it is not, nobody is touched.
// Plain state, no behaviour.
#pragma once

#include "recycler/slots/requested.hpp"

#include <optional>
#include <vector>

namespace recycler::slots {

struct Trial {
    std::vector<RequestId> recycles;    // who waits for all workers to be replaced
    std::vector<RequestId> reloads;     // who waits for the policy to be tried
    bool by_operator = false;           // somebody has asked, and may have gone
    bool by_policy = false;             // those that are replaced are of another plan
    std::optional<std::uint32_t> spare; // the number of the one that is tried; none: not yet
    MonoTime start_by;                  // else they are replaced without it
};

} // namespace recycler::slots
