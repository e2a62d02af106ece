// SPDX-License-Identifier: MIT
// Who still has a claim on a listening TCP socket, by the number of references that the kernel
// counts to it: a cheap way to know that nothing is on its way into the queue. Knows neither
// workers nor gates.
#pragma once

#include "recycler/base/result.hpp"

#include <cstdint>

namespace recycler::worker {

// How many references there are to our listening TCP socket, as /proc/self/net/tcp and tcp6 list
// them (proc(5), "ref"). 1 is that of its descriptors, however many there are. Each handshake that
// is under way holds one more until its connection has been accepted (the kernel's rsk_listener,
// Linux 4.4 and later): 1 means that no connection is half-open or queued. More proves nothing.
// Listening sockets stand in front, so that nothing else of the table is read: 1 us for each of
// them. ENOENT: it is not listed among them.
[[nodiscard]] Result<std::uint32_t> references_of(int listener);

} // namespace recycler::worker
