// SPDX-License-Identifier: MIT
// Whether a worker that waits in poll(), select() or epoll_wait() can be woken by anything but the
// next connection: the way to tell an event loop that has nothing to do from one that does
// something at its end. Such a one waits for that: for a timer, a connection of its own, a file
// that another thread writes. Reads only.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/worker/listen/socket_diag.hpp"
#include "recycler/worker/look/proc.hpp"

namespace recycler::worker {

// At least one of its threads waits for the listener in such a call, and none that is in such a
// call has a timeout shorter than `timers`, or waits for anything but the listener, a pipe or an
// eventfd: by those the threads of a program wake each other, and where each stands is stance.hpp's
// business. Errors: as of waits_on().
[[nodiscard]] Result<bool> waits_for_connections_alone(SocketInode listener,
                                                       const ListProcesses& processes,
                                                       Duration timers,
                                                       const LookTime& time = LookTime());

} // namespace recycler::worker
