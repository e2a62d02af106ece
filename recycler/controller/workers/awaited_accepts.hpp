// SPDX-License-Identifier: MIT
// What is under way with the keeper, which was asked to count what a running worker accepts.
#pragma once

#include "recycler/base/ids.hpp"
#include "recycler/base/unique_fd.hpp"

#include <sys/types.h>
#include <vector>

namespace recycler::controller {

struct AwaitedAccepts {
    WorkerId id;
    bool from_birth = false;    // the counters that its child had opened are asked for
    std::vector<pid_t> threads; // that it was not asked for yet
    std::vector<UniqueFd> counters = {};
};

} // namespace recycler::controller
