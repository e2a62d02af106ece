// SPDX-License-Identifier: MIT
// What the processes of a worker hold, and whether they are about to take a connection, as /proc
// shows it. Knows no table of connections and draws no conclusion: idleness does.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/worker/listen/socket_diag.hpp"
#include "recycler/worker/look/proc.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace recycler::worker {

// How many threads may be between taking a connection and installing its descriptor. ETIMEDOUT:
// there was no time for all of them.
[[nodiscard]] Result<std::uint32_t> count_taking(std::span<const pid_t> processes,
                                                 const LookTime& time);

// All their sockets, sorted, each once. A process that has ended holds nothing.
[[nodiscard]] Result<std::vector<SocketInode>> held_by(std::span<const pid_t> processes,
                                                       const LookTime& time);

// Whether any of these sockets may be a connection: it is none of `given`, which are descriptors of
// ours.
[[nodiscard]] bool holds_more_than(std::span<const int> given,
                                   const std::vector<SocketInode>& held);

[[nodiscard]] Result<std::vector<pid_t>> sorted_list(const ListProcesses& processes);

// 1, if the list is no longer that of `before`.
[[nodiscard]] Result<std::uint32_t> list_changed(const ListProcesses& processes,
                                                 const std::vector<pid_t>& before);

} // namespace recycler::worker
