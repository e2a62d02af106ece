// SPDX-License-Identifier: MIT
// Whose slot a connection belongs to. Must not know what rests.
#pragma once

namespace recycler::recorder {

// Whether the client of a TCP connection has connected to what the listener is bound to. A listener
// that is bound to the wildcard has each host. True where the addresses cannot be read.
[[nodiscard]] bool is_made_to(int connection, int listener);

} // namespace recycler::recorder
