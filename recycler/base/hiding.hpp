// SPDX-License-Identifier: MIT
// What hiding a listener leaves under way, and for how long. Shared by the decider, which waits it
// out, and the worker folder, which hides and looks.
#pragma once

#include "recycler/base/units.hpp"

namespace recycler {

// A connection that found the listener in the instant of hiding is on its way into the queue for
// some microseconds: what is read about a hidden listener proves something only this long after it
// was hidden.
inline constexpr Duration k_hide_settles = std::chrono::milliseconds(10);

// A handshake that is half open after this is given up: the client's SYN has been retried twice by
// then (RFC 6298 section 2: initial timeout 1 s, doubled) and the retries were refused or went
// elsewhere.
inline constexpr Duration k_half_open = std::chrono::seconds(3);

} // namespace recycler
