// SPDX-License-Identifier: MIT
// The system calls of a controller that has started. A call that is not on the list fails with
// EPERM: a controller that made it by mistake goes on.
#pragma once

#include "recycler/confine/call_list.hpp"

#include <vector>

namespace recycler::controller {

// By which ways it gets descriptors that other processes have opened.
struct Fetches {
    int from_keeper = -1; // the one socket that receives any; -1: none
    // Those of workers that are counted from their birth, where the keeper is of an earlier version
    // and does not fetch them: accept_counter.hpp.
    bool counters = false;
};
[[nodiscard]] std::vector<confine::CallRule> controller_calls(const Fetches& fetches);

} // namespace recycler::controller
