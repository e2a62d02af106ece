// SPDX-License-Identifier: MIT
// Whether a thread belongs to a worker, as its parent can tell without knowing the worker's cgroup.
// Allocates nothing, because the keeper stands on it; reads /proc and keeps nothing.
#pragma once

#include <sys/types.h>

namespace recycler::worker {

// `leader`: the worker's first process, which began a session of its own and is not reaped yet. A
// thread belongs to the worker if its process is of that session, descends from the leader, or
// stands in the leader's cgroup, unless that is our own cgroup, too. The last one holds for
// processes that left both. Root can make it hold for any process, by moving that there. False also
// for a thread that has ended.
[[nodiscard]] bool belongs_to_worker(pid_t thread, pid_t leader) noexcept;

} // namespace recycler::worker
