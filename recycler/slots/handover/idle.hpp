// SPDX-License-Identifier: MIT
// When a worker behind a closed gate is provably done.
#pragma once

#include "recycler/slots/event.hpp"
#include "recycler/slots/timing.hpp"

namespace recycler::slots {

// Nothing waits, nothing is being served, and no handshake can still end in the queue of a listener
// hidden for so long.
[[nodiscard]] inline bool proven_idle(const IdleSeen& seen, Duration hidden_for) {
    const bool handshakes_over = seen.half_open == 0 || hidden_for >= k_half_open;
    return seen.queued == 0 && seen.connections == 0 && seen.unsettled == 0 && handshakes_over;
}

} // namespace recycler::slots
