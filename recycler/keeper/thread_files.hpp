// SPDX-License-Identifier: MIT
// Opens what the kernel tells of a worker's threads to CAP_SYS_ADMIN alone, for a controller that
// has no such right: counters of accept(2), which are perf events on tracepoints, and kernel
// stacks. Holds none of them and allocates nothing. What a lying controller gains stands beside
// OpenThreadFiles.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/keeper/protocol/thread_files.hpp"
#include "recycler/keeper/store.hpp"

#include <array>

namespace recycler::keeper {

struct ThreadFiles {
    std::array<UniqueFd, k_max_fds> fds;
    std::size_t count = 0;
    std::array<std::int32_t, k_max_threads_asked> threads{}; // whose they are
};

// The answer to an order.
struct Opened {
    WireId id;
    ThreadFile which;
    ThreadFiles files;
};

// Of the threads of `worker` in the order; those that have ended, or belong to another worker or
// none, are passed over. 0, or the errno that is told: see OpenThreadFiles. Then none is open.
[[nodiscard]] int open_thread_files(const OpenThreadFiles& order, const WorkerRecord& worker,
                                    ThreadFiles& into);

} // namespace recycler::keeper
