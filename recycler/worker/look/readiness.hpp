// SPDX-License-Identifier: MIT
// Is a worker ready, where no recorder tells? It is when one of its threads sleeps waiting for a
// connection on the listener: in accept(), or in poll(), select() or epoll_wait() on a set that the
// listener is part of. Reads only.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/worker/listen/socket_diag.hpp"
#include "recycler/worker/look/proc.hpp"

namespace recycler::worker {

// Some thread of some listed process waits on the socket `listener` (inode_of()). EACCES or EPERM:
// we may not look, and the caller goes by time instead. A process that ends meanwhile does not
// wait. ETIMEDOUT: it has more threads and descriptors than can be looked at in that time.
[[nodiscard]] Result<bool> waits_on(SocketInode listener, const ListProcesses& processes,
                                    const LookTime& time = LookTime());

} // namespace recycler::worker
