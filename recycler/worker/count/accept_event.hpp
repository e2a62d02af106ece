// SPDX-License-Identifier: MIT
// The kernel's counter of what a thread accepts: a perf event on a tracepoint, which the threads
// and children that it starts inherit. Nothing but async-signal-safe calls, because a child opens
// it on itself between fork and exec, so that no connection is missed; and the keeper, which
// allocates nothing, opens it for workers that run. Decides nothing.
#pragma once

#include "recycler/worker/spawn/plan_view.hpp"

#include <cstddef>
#include <sys/types.h>
#include <tuple>

namespace recycler::worker {

inline constexpr std::size_t k_accept_events = std::tuple_size_v<AcceptTracepoints>;

// As the kernel numbers them until it is booted again; zeros, and errno: no tracefs with them can
// be read. Not for a child.
[[nodiscard]] AcceptTracepoints accept_tracepoints() noexcept;

// A descriptor that is closed on exec; read(2) gives the count in eight bytes. -1 and errno.
// `thread` 0: the caller.
[[nodiscard]] int open_accept_event(std::uint16_t tracepoint, pid_t thread) noexcept;

// Where a worker whose page is `page_fd` has the event of the tracepoint number `index`.
[[nodiscard]] constexpr int accept_event_below(int page_fd, std::size_t index) {
    return page_fd - 1 - static_cast<int>(index);
}

// That event, out of the worker. -1: errno says why; EBADF: something else stands there, which a
// worker may have put at a number of its own, also what blocks who reads it.
[[nodiscard]] int fetch_accept_event(int pidfd, int page_fd, std::size_t index) noexcept;

// In the child, while it has its parent's rights. The events stay open in the program too, from
// where they can be fetched. What cannot be had is left out: no start fails for it.
void count_own_accepts(const AcceptTracepoints& tracepoints, int page_fd) noexcept;

} // namespace recycler::worker
