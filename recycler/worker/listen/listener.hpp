// SPDX-License-Identifier: MIT
// Opens the listening sockets of a slot, so that one slot can have two of them for the time of a
// handover, and a second daemon cannot have one by mistake. Knows neither workers nor when a
// handover is due; gate.hpp and steering.hpp say who gets the connections.
//
// A unix listener is bound under a name of its own, PATH.SERIAL, which stays for its life; PATH
// itself is a hard link to the one that is shown. So an open gate, a closed one and the change from
// one listener to the next are each one atomic step.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/listen/socket_diag.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

namespace recycler::worker {

// mode, uid and gid are for unix sockets alone; nullopt leaves the owner as it is. `serial` is
// ListenerId::serial: no two open listeners of a slot have the same.
struct ListenSpec {
    policies::Address address;
    std::uint32_t serial = 1;
    int backlog = 1024;
    mode_t mode = 0660;
    std::optional<uid_t> uid = std::nullopt;
    std::optional<gid_t> gid = std::nullopt;
};

// Each returns a listening socket that is close-on-exec and *blocking*: a worker finds it as fd 0
// and calls accept() on it, as FastCGI says, and O_NONBLOCK would be shared with the worker. IPv6
// is V6ONLY, so [::]:7000 and 0.0.0.0:7000 are two slots.

// The first listener of a slot, shown. EADDRINUSE when anybody else listens there: SO_REUSEPORT is
// set between bind() and listen(), so that ours may be joined later but no other is joined by
// accident; the error names the holder where /proc tells. A stale unix socket is replaced; a path
// that is no socket is refused (EEXIST).
[[nodiscard]] Result<UniqueFd> open_first(const ListenSpec& spec);

// A further listener of a slot whose present one is *shown*: TCP joins its reuseport group as the
// next index and would get a share of the connections at once, so steering must be attached before.
// A unix one is not shown.
[[nodiscard]] Result<UniqueFd> open_joined(const ListenSpec& spec);

// A further listener of a slot whose present one is *hidden*: it is hidden itself, a group of its
// own, until show().
[[nodiscard]] Result<UniqueFd> open_hidden(const ListenSpec& spec);

// Gives an open listener another backlog and, a unix one, another mode and owner, as its workers'
// policy has it by then. What is queued stays.
[[nodiscard]] Result<void> update(const ListenSpec& spec, int listener);

// Connections that wait to be accepted. TCP: tcpi_unacked of TCP_INFO, which on a listening socket
// is the accept queue (0.4 us). Unix: asks `diag` if there are any.
[[nodiscard]] Result<std::uint32_t> queue_length(int listener, SocketDiag& diag);

// Before a unix listener is closed for good: unlinks its own name, and PATH, where they still lead
// to it. Nothing to do for TCP. A name already gone, or somebody else's by now, is success.
[[nodiscard]] Result<void> remove_names(const policies::Address& address, int listener);

// Removes what somebody who was killed has bound for this slot and not lived to hand on: names of
// unix sockets at which nobody listens. Nothing to do for TCP.
void remove_stale_names(const policies::Address& address);

// Where a socket of ours is bound. Unix: its own name, PATH.SERIAL.
struct BoundName : TcpName { // `family` may be AF_UNIX, too
    std::string path;
};
[[nodiscard]] Result<BoundName> bound_name(int socket);

} // namespace recycler::worker
