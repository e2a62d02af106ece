// SPDX-License-Identifier: MIT
// SocketDiag asks the kernel, over one netlink socket that is kept open (sock_diag(7)), which
// sockets stand on a port or on a unix path. It reports what it is told and knows nothing of
// workers, gates or idleness.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/listen/tcp_ends.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct inet_diag_msg;

namespace recycler::worker {

// What socket:[N] in /proc/PID/fd names. 0: no process holds the socket.
using SocketInode = std::uint32_t;

// One TCP socket whose local port was asked for. `state` is TCP_ESTABLISHED, TCP_SYN_RECV, ... of
// <netinet/tcp.h>. Inode 0 means: half-open, in an accept queue, just leaving it, or closed by its
// holder and finished by the kernel alone.
// As the kernel stores it: network byte order, of IPv4 the first word only. Zeroes: every address.
using Host = std::array<std::uint32_t, 4>;

// A unix listener, as the kernel knows it.
struct UnixListener {
    std::uint32_t file = 0; // that which bind(2) made: see unix_file()
    std::uint32_t queued = 0;
    bool shut_down = false; // for receiving: who connects is refused; what waits can be accepted
};

struct PortSocket {
    std::uint8_t state = 0;
    SocketInode inode = 0;
    Host host{}; // ours, to which its peer connected
};

// Where a TCP listener is bound.
struct TcpName {
    int family = 0;         // AF_INET, AF_INET6
    std::uint16_t port = 0; // host byte order
    Host host{};
};

class SocketDiag {
  public:
    static Result<SocketDiag> open();

    // Every TCP socket at this local address and port that is neither listening nor in TIME_WAIT:
    // on another address of the machine somebody else may have the port. The kernel walks its whole
    // table of connections: 1 ms with 262,144 buckets. ENOENT: this kernel has no inet_diag.
    [[nodiscard]] Result<std::vector<PortSocket>> connections_on(const TcpName& listener);

    // In a round of looks at many ports connections_seen() answers from one walk, taken when it is
    // first asked. Without a round it is connections_on().
    void begin_round() { round_.emplace(); }
    void end_round() { round_.reset(); }
    [[nodiscard]] bool is_in_round() const { return round_.has_value(); }
    [[nodiscard]] Result<std::vector<PortSocket>> connections_seen(const TcpName& listener);

    // The two ends of the TCP connection, or listener, with this inode. Those in TIME_WAIT, of
    // which a busy machine has a hundred thousand, are nobody's, and cost little. ENOENT: none has
    // it in our network namespace, or this kernel has no inet_diag.
    [[nodiscard]] Result<TcpEnds> tcp_ends(SocketInode socket);

    // The inodes of the sockets that listen on this port.
    [[nodiscard]] Result<std::vector<SocketInode>> listeners_on(int family, std::uint16_t port);

    // How many connections wait in the accept queue of the unix listener with this inode. ENOENT:
    // there is none, or this kernel has no unix_diag.
    [[nodiscard]] Result<std::uint32_t> unix_queue(SocketInode listener);

    // All of a unix listener, by its inode, in one exchange. ENOENT as above.
    [[nodiscard]] Result<UnixListener> unix_listener(SocketInode listener);

    // The accepted connections of the unix listener that was bound under `name`. Queued ones do not
    // show: the kernel skips sockets without an inode.
    [[nodiscard]] Result<std::vector<SocketInode>> unix_connections(std::string_view name);

    // Where the other end of this unix connection is bound: the path of its listener. ENOENT: it
    // is no unix socket, or nothing is bound there.
    [[nodiscard]] Result<std::string> unix_peer(SocketInode connection);

    // The file of the unix socket with this inode: that which bind(2) made, whatever stands at its
    // name by now. The low 32 bits of the file's inode number; that and the folder tell it from any
    // other, as long as the socket is open. ENOENT: it has none, or this kernel has no unix_diag.
    [[nodiscard]] Result<std::uint32_t> unix_file(SocketInode socket);
    // Where the unix listeners with such a file were bound; several, on several file systems.
    [[nodiscard]] Result<std::vector<std::string>> unix_listeners_of(std::uint32_t file);

  private:
    explicit SocketDiag(UniqueFd netlink);
    using Visit = std::function<void(std::span<const std::byte> body)>;
    Result<void> ask(const void* request, std::size_t size, const Visit& visit);
    using PortTable = std::multimap<std::uint16_t, PortSocket>;
    using VisitTcp = std::function<void(const inet_diag_msg& socket)>;
    Result<void> each_tcp(int family, std::uint16_t port, std::uint32_t states,
                          const VisitTcp& visit); // port 0: all of them
    Result<PortTable> dump(int family, std::uint16_t port, std::uint32_t states);

    UniqueFd netlink_;
    std::uint32_t sequence_ = 0;
    std::vector<std::byte> buffer_;
    std::optional<std::map<int, PortTable>> round_; // by family
};

// The inode of the socket behind a descriptor of ours.
[[nodiscard]] Result<SocketInode> inode_of(int socket);

} // namespace recycler::worker
