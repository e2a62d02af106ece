// SPDX-License-Identifier: MIT
// Listeners on unix sockets: bound under a name of their own, PATH.SERIAL, to which PATH becomes a
// hard link (unix_names.hpp). Knows who may be replaced: the stale sockets of a daemon that is
// gone, and nobody else.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/listen/listener.hpp"

namespace recycler::worker {

// Bound and listening under its own name, with the mode and the owner of `spec`; PATH does not lead
// to it yet.
[[nodiscard]] Result<UniqueFd> open_unix(const ListenSpec& spec);

// The same, shown, of a slot that nobody has: not even behind a closed gate, where PATH is missing.
// What a daemon left that was killed is removed before.
[[nodiscard]] Result<UniqueFd> open_first_unix(const ListenSpec& spec);

// Removes the sockets among the own names of listeners of PATH that no process listens at. Connects
// to none: a worker may not survive that. What cannot be looked at stays.
void remove_stale_unix(const std::string& path);

} // namespace recycler::worker
