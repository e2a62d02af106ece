// SPDX-License-Identifier: MIT
// PURE. The two ends of a TCP connection in the words of people, and as /proc/PID/net/tcp and tcp6
// list them, by the inode of the socket. Any text may come in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recycler::worker {

struct TcpEnds {
    std::string local;  // "127.0.0.1:41234", "[::1]:41234"
    std::string remote; // likewise; empty: it listens
    bool operator==(const TcpEnds&) const = default;
};

// `address`: as the kernel stores it, in network byte order; of AF_INET the first word only.
[[nodiscard]] std::string end_named(int family, const std::array<std::uint32_t, 4>& address,
                                    std::uint16_t port);

// nullopt: no line has that inode.
[[nodiscard]] std::optional<TcpEnds> tcp_ends_in(std::string_view table, std::uint64_t inode);

} // namespace recycler::worker
