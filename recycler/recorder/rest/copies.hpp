// SPDX-License-Identifier: MIT
// What a child must close that its parent has: connections that rest there, and what it waits in.
#pragma once

#include "recycler/recorder/connections.hpp"

#include <cstdint>

namespace recycler::recorder {

// Static, not in the memory that a fork empties: they are for the child, which calls close_all().
struct Copies {
    std::uint64_t resting[k_followed_descriptors / 64];
    int waiting_set; // 1 + descriptor; 0: none

    void mark(int fd, bool rests);
    // In a child: nobody reads what they stand for there.
    void close_all();
};

} // namespace recycler::recorder
