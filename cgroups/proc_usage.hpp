// SPDX-License-Identifier: MIT
// Memory of processes and of the host as /proc tells it: what is left for watching where no cgroup
// can be had, and what the choice of a handover needs to know about room. It must not know cgroups.
#pragma once

#include "cgroups/limits.hpp"
#include "recycler/base/result.hpp"

#include <span>
#include <sys/types.h>
#include <vector>

namespace cgroups {

// The worker's processes together. One process: RssAnon + RssShmem + VmSwap of /proc/PID/status
// (about 40 us). Several share pages, so theirs is the sum of shares in smaps_rollup (it walks the
// page tables: about 1 ms for 300 MB). `peak` adds up VmHWM: at least the true peak. Processes that
// are gone count nothing; ESRCH if all are.
recycler::Result<Usage> proc_usage(std::span<const pid_t> pids);

// `root` and its descendants by /proc/PID/task/TID/children. What left the tree by a double fork is
// not found.
recycler::Result<std::vector<pid_t>> proc_tree(pid_t root);

// Of /proc/meminfo, about 10 us.
struct HostMemory {
    Bytes ram;       // MemTotal
    Bytes available; // MemAvailable
    Bytes swap_free; // SwapFree
};
recycler::Result<HostMemory> host_memory();
recycler::Result<Bytes> host_available();
recycler::Result<Bytes> host_ram();

} // namespace cgroups
