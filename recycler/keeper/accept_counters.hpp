// SPDX-License-Identifier: MIT
// Opens the kernel's counters of what a running worker accepts, for a controller that has no right
// to: perf events on tracepoints, which Debian gives to CAP_SYS_ADMIN alone. Holds none of them and
// allocates nothing. What a lying controller gains stands beside CountAccepts.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/keeper/protocol/counting.hpp"
#include "recycler/keeper/store.hpp"

#include <array>

namespace recycler::keeper {

struct AcceptCounters {
    std::array<UniqueFd, k_max_fds> fds;
    std::size_t count = 0;
};

// Of the threads of `worker` in the order; those that have ended, or belong to another worker or
// none, are passed over. 0, or the errno that is told: see CountAccepts. Then none is open.
[[nodiscard]] int open_accept_counters(const CountAccepts& order, const WorkerRecord& worker,
                                       AcceptCounters& into);

} // namespace recycler::keeper
