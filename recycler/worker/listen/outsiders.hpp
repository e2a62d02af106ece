// SPDX-License-Identifier: MIT
// Who holds our listeners though they are none of ours: processes that a worker has passed them to
// (SCM_RIGHTS), and that may accept from them. The kernel answers no question about the holders of
// a socket: its counts of references are of sockets and not of descriptors, sock_diag(7) names
// none, and a connection that somebody else has accepted looks as if its client had gone. So the
// descriptors of all processes are read, 1 us each and some 20 us for each process: for a child
// process (systemd/child_work.hpp), and never for the loop.
//
// What descends from `above` is ours: the keeper, which all that is left of a worker comes to
// (PR_SET_CHILD_SUBREAPER), the controller, the workers. What has no descriptor is not found: a
// socket that is on its way in a message, or registered with io_uring(7).
#pragma once

#include "recycler/worker/listen/socket_diag.hpp"
#include "recycler/worker/look/look_time.hpp"

#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace recycler::worker {

// By socket: one who holds it and is none of ours, in words for people: "python3 (pid 5544, uid
// 33)". What could not be read, or not in time, holds nothing.
using Outsiders = std::map<SocketInode, std::string>;
[[nodiscard]] Outsiders outsiders_of(const std::vector<SocketInode>& sockets, pid_t above,
                                     const LookTime& time);

// To bring them from one process to another; what is no such line is left out.
[[nodiscard]] std::string to_lines(const Outsiders& outsiders);
[[nodiscard]] Outsiders outsiders_in(const std::string& lines);

} // namespace recycler::worker
