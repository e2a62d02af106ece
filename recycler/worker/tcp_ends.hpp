// PURE. The two ends of a TCP connection as /proc/PID/net/tcp and tcp6 list them, by the inode of
// the socket. Any text may come in.
#pragma once

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

// nullopt: no line has that inode.
[[nodiscard]] std::optional<TcpEnds> tcp_ends_in(std::string_view table, std::uint64_t inode);

} // namespace recycler::worker
