// SPDX-License-Identifier: MIT
// Since protocol 6: the controller has the keeper open what the kernel tells of a running worker's
// threads to CAP_SYS_ADMIN alone, which the controller has given up. The order, and its answer.
#pragma once

#include "recycler/keeper/protocol/protocol.hpp"

namespace recycler::keeper {

enum class ThreadFile : std::uint32_t {
    accept_counters = 0, // two: how often it comes back from accept(2), and from accept4(2)
    stack,               // one: /proc/PID/stack, the kernel functions that it stands in
    birth_counters, // of the worker: the accept counters that its child opened. `threads` has the
                    // number of its page's descriptor, below which they stand (accept_event.hpp)
};

// Threads of one order: of each, two descriptors come back at most.
inline constexpr std::size_t k_max_threads_asked = 5;

// ThreadFilesOpened answers, or Rejected, with `which` as the `reserved` of its id: ENOENT, ESRCH
// (the worker has ended), EOPNOTSUPP (no tracefs can be read), EINVAL (another file), EBADF (it was
// not born with counters), or the errno of perf_event_open(2), open(2) or pidfd_getfd(2). A
// controller that was taken over gains little by it: the keeper opens nothing but counters of
// accept(2) and accept4(2), which give numbers and no records, and stacks, which give names of
// functions, and passes over threads of processes that belong to another worker, or to none (see
// worker/look/belonging.hpp). It may keep the kernel's tracepoints switched on, by which each
// system call of the machine takes some 60 ns longer.
struct OpenThreadFiles {
    Header header{.type = Type::open_thread_files};
    WireId id;
    std::array<std::int32_t, k_max_threads_asked> threads{}; // 0: no more
    ThreadFile which = ThreadFile::accept_counters;
};

// + the descriptors of each thread of the order that has not ended meanwhile, in the order of
// `threads`; none when the controller has no room for them.
struct ThreadFilesOpened {
    Header header{.type = Type::thread_files_opened};
    WireId id;
    std::uint32_t files = 0; // so many descriptors were sent
    ThreadFile which = ThreadFile::accept_counters;
    std::array<std::int32_t, k_max_threads_asked> threads{}; // 0: no more
    std::uint32_t reserved = 0;
};

} // namespace recycler::keeper
