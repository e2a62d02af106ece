// SPDX-License-Identifier: MIT
// Since protocol 6: the controller has the keeper count what a running worker accepts, which it has
// no right to itself. The order, and its answer.
#pragma once

#include "recycler/keeper/protocol/protocol.hpp"

namespace recycler::keeper {

// Threads of one CountAccepts: the counters of each are two descriptors, for accept(2), accept4(2).
inline constexpr std::size_t k_max_counted = k_max_fds / 2;

// Count what these threads accept. AcceptsCounted answers, or Rejected: ENOENT, ESRCH (the worker
// has ended), EOPNOTSUPP (no tracefs is mounted), or the errno of perf_event_open(2). A controller
// that was taken over gains little by it: the keeper opens nothing but counters of accept(2) and
// accept4(2), which give numbers and no records, and passes over threads of processes that belong
// to another worker, or to none (see worker/look/belonging.hpp). It learns how often a thread
// accepts, and may keep the kernel's tracepoints switched on, by which each system call of the
// machine takes some 60 ns longer.
struct CountAccepts {
    Header header{.type = Type::count_accepts};
    WireId id;
    std::array<std::int32_t, k_max_counted> threads{}; // 0: no more
    std::uint32_t reserved = 0;
};

// + two descriptors for each thread of the CountAccepts that has not ended meanwhile; none when the
// controller has no room for them.
struct AcceptsCounted {
    Header header{.type = Type::accepts_counted};
    WireId id;
    std::uint32_t counters = 0; // so many descriptors were sent
    std::uint32_t reserved = 0;
};

} // namespace recycler::keeper
