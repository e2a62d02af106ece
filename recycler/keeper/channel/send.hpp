// SPDX-License-Identifier: MIT
// Puts kept connections into a channel, as the recorder does. Owns nothing.
#pragma once

namespace recycler::keeper {

// What a message is besides its descriptor; the recorder sends no other.
inline constexpr char k_connection = 'k';

// Copies `connection` into the channel whose sending end `channel` is. 0, or the errno of
// sendmsg(2): EAGAIN, the channel is full; ETOOMANYREFS, too many descriptors are in flight. Does
// not block.
[[nodiscard]] int send_connection(int channel, int connection);

} // namespace recycler::keeper
