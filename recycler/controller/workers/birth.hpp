// SPDX-License-Identifier: MIT
// What the controller holds of a worker that was born without a slot, all its life. Plain values.
#pragma once

#include "recycler/base/unique_fd.hpp"

#include <cstdint>

namespace recycler::controller {

struct Birth {
    std::uint32_t spare = 0;    // the number that it was born under, also that of its cgroup
    std::uint64_t listener = 0; // inode of the one that it was born with; 0: not known
    UniqueFd channel;           // our end of that by which it is given its slot
};

} // namespace recycler::controller
