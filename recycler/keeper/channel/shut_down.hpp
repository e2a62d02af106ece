// SPDX-License-Identifier: MIT
// How keeper and controller tell the end of a slot's channel, which any worker that holds it can
// bring about, from an empty message: recv() and recvmsg() return 0 for both.
#pragma once

#include <poll.h>

namespace recycler::keeper {

// Whether nothing will ever come by this end of a SOCK_SEQPACKET pair. Does not block.
inline bool is_shut_down(int channel) {
    pollfd question{.fd = channel, .events = POLLRDHUP, .revents = 0};
    return ::poll(&question, 1, 0) == 1 && (question.revents & (POLLRDHUP | POLLHUP)) != 0;
}

} // namespace recycler::keeper
