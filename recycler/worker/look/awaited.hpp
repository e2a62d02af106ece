// SPDX-License-Identifier: MIT
// What a thread waits for in accept(), poll(), select() or epoll_wait(), and for how long at most.
// Reads the memory of its process, and knows no listener.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/worker/look/proc.hpp"

#include <vector>

namespace recycler::worker {

inline constexpr Duration k_forever = Duration::max();

struct Awaited {
    std::vector<int> fds;  // of its process, for input
    bool complete = true;  // it waits for nothing besides
    Duration at_most{};    // its timeout; what is not read counts as 0
    bool anything = false; // it is such a call
};

// ETIMEDOUT: there was no time to read it. What cannot be read of another's memory is not complete.
[[nodiscard]] Result<Awaited> awaited(pid_t pid, const InSyscall& call, const LookTime& time);

} // namespace recycler::worker
