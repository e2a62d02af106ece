// SPDX-License-Identifier: MIT
// What the sockets on a port are, as the kernel's table shows them.
#pragma once

#include "recycler/worker/listen/socket_diag.hpp"

#include <algorithm>
#include <cstdint>
#include <netinet/tcp.h>
#include <vector>

namespace recycler::worker {

template <typename Range, typename Predicate>
std::uint32_t count_if(const Range& range, Predicate predicate) {
    return static_cast<std::uint32_t>(std::count_if(range.begin(), range.end(), predicate));
}

inline bool is_half_open(const PortSocket& socket) {
    return socket.state == TCP_SYN_RECV && socket.inode == 0;
}

// Queued, or taken and not yet given an inode. What a holder has closed is in neither of these two
// states any more.
inline bool is_pending(const PortSocket& socket) {
    return socket.inode == 0 && (socket.state == TCP_ESTABLISHED || socket.state == TCP_CLOSE_WAIT);
}

inline bool is_held(const PortSocket& socket) {
    return socket.inode != 0;
}

inline std::uint32_t count_shared(const std::vector<PortSocket>& on_port,
                                  const std::vector<SocketInode>& held) {
    return count_if(on_port, [&](const PortSocket& socket) {
        return is_held(socket) && std::binary_search(held.begin(), held.end(), socket.inode);
    });
}

} // namespace recycler::worker
