// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/socket_diag.hpp"
#include "recycler/worker/listen/diag_message.hpp"

#include <array>
#include <cerrno>
#include <linux/inet_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <span>
#include <sys/socket.h>
#include <sys/stat.h>

namespace recycler::worker {
namespace {

// The kernel's own state for a connection request in its table; inet_diag reports it as
// TCP_SYN_RECV.
constexpr unsigned k_new_syn_recv = 12;
constexpr std::uint32_t k_connection_states =
    bit(TCP_ESTABLISHED) | bit(TCP_SYN_RECV) | bit(k_new_syn_recv) | bit(TCP_FIN_WAIT1) |
    bit(TCP_FIN_WAIT2) | bit(TCP_CLOSE_WAIT) | bit(TCP_LAST_ACK) | bit(TCP_CLOSING);

// Above the 32 KiB that the kernel puts into one datagram of a dump (NLMSG_GOODSIZE and
// max_recvmsg_len).
constexpr std::size_t k_datagram_room = std::size_t{64} * 1024;

struct InetRequest {
    nlmsghdr header{};
    inet_diag_req_v2 body{};
};

TcpEnds ends_of(const inet_diag_msg& socket) {
    const auto& id = socket.id;
    const int family = socket.idiag_family;
    return {.local = end_named(family, std::to_array(id.idiag_src), ntohs(id.idiag_sport)),
            .remote = socket.idiag_state == TCP_LISTEN
                          ? std::string()
                          : end_named(family, std::to_array(id.idiag_dst), ntohs(id.idiag_dport))};
}

std::vector<PortSocket> sockets_on(const std::multimap<std::uint16_t, PortSocket>& table,
                                   const TcpName& listener) {
    std::vector<PortSocket> sockets;
    const auto [first, last] = table.equal_range(listener.port);
    for (auto entry = first; entry != last; ++entry) {
        if (listener.host == Host{} || listener.host == entry->second.host) {
            sockets.push_back(entry->second);
        }
    }
    return sockets;
}

} // namespace

SocketDiag::SocketDiag(UniqueFd netlink) : netlink_(std::move(netlink)), buffer_(k_datagram_room) {}

Result<SocketDiag> SocketDiag::open() {
    UniqueFd netlink(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!netlink) {
        return Error{errno, "open a sock_diag netlink socket"};
    }
    return SocketDiag(std::move(netlink));
}

// Sends one request and gives each answer's body to `visit`, until the kernel says that this was
// all: NLMSG_DONE after a dump, an acknowledgement (NLMSG_ERROR with 0) after a single question.
// Answers to an earlier question that ended in an error are skipped by their number.
Result<void> SocketDiag::ask(const void* request, std::size_t size, const Visit& visit) {
    if (::send(netlink_.get(), request, size, 0) < 0) {
        return Error{errno, "ask sock_diag"};
    }
    for (;;) {
        const ssize_t got = ::recv(netlink_.get(), buffer_.data(), buffer_.size(), MSG_TRUNC);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 || static_cast<std::size_t>(got) > buffer_.size()) {
            return Error{got < 0 ? errno : EMSGSIZE, "read the answer of sock_diag"};
        }
        const std::span<const std::byte> datagram(buffer_.data(), static_cast<std::size_t>(got));
        nlmsghdr header{};
        for (std::size_t at = 0; read_at(datagram, at, header);
             at += NLMSG_ALIGN(header.nlmsg_len)) {
            if (header.nlmsg_len < NLMSG_HDRLEN || at + header.nlmsg_len > datagram.size()) {
                return Error{EBADMSG, "read the answer of sock_diag"};
            }
            if (header.nlmsg_seq != sequence_) {
                continue;
            }
            const auto body = datagram.subspan(at + NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN);
            if (header.nlmsg_type == NLMSG_DONE) {
                return {};
            }
            if (header.nlmsg_type == NLMSG_ERROR) {
                nlmsgerr error{};
                const bool whole = read_at(body, 0, error);
                return !whole || error.error != 0
                           ? Result<void>(Error{whole ? -error.error : EBADMSG, "ask sock_diag"})
                           : Result<void>();
            }
            visit(body);
        }
    }
}

Result<void> SocketDiag::each_tcp(int family, std::uint16_t port, std::uint32_t states,
                                  const VisitTcp& visit) {
    auto request = request_for<InetRequest>(NLM_F_DUMP);
    request.header.nlmsg_seq = ++sequence_;
    request.body.sdiag_family = static_cast<__u8>(family);
    request.body.sdiag_protocol = IPPROTO_TCP;
    request.body.idiag_states = states;
    request.body.id.idiag_sport = htons(port);
    return ask(&request, sizeof request, [&](std::span<const std::byte> body) {
        inet_diag_msg answer{};
        if (read_at(body, 0, answer)) {
            visit(answer);
        }
    });
}

Result<SocketDiag::PortTable> SocketDiag::dump(int family, std::uint16_t port,
                                               std::uint32_t states) {
    PortTable found;
    auto asked = each_tcp(family, port, states, [&](const inet_diag_msg& socket) {
        found.emplace(ntohs(socket.id.idiag_sport),
                      PortSocket{.state = socket.idiag_state,
                                 .inode = socket.idiag_inode,
                                 .host = std::to_array(socket.id.idiag_src)});
    });
    if (!asked) {
        return std::move(asked).error().within("list the sockets of port " + std::to_string(port));
    }
    return found;
}

Result<std::vector<PortSocket>> SocketDiag::connections_on(const TcpName& listener) {
    const auto found = dump(listener.family, listener.port, k_connection_states);
    return found ? sockets_on(*found, listener) : Result<std::vector<PortSocket>>(found.error());
}

Result<std::vector<PortSocket>> SocketDiag::connections_seen(const TcpName& listener) {
    if (!round_) {
        return connections_on(listener);
    }
    auto seen = round_->find(listener.family);
    if (seen == round_->end()) {
        auto all = dump(listener.family, 0, k_connection_states);
        if (!all) {
            return std::move(all).error();
        }
        seen = round_->emplace(listener.family, std::move(*all)).first;
    }
    return sockets_on(seen->second, listener);
}

Result<TcpEnds> SocketDiag::tcp_ends(SocketInode socket) {
    constexpr std::uint32_t k_states =
        k_connection_states | bit(TCP_SYN_SENT) | bit(TCP_CLOSE) | bit(TCP_LISTEN);
    std::optional<TcpEnds> found;
    for (const int family : {AF_INET, AF_INET6}) {
        auto asked = each_tcp(family, 0, k_states, [&](const inet_diag_msg& one) {
            if (one.idiag_inode == socket) {
                found = ends_of(one);
            }
        });
        if (!asked || found) {
            return found ? Result<TcpEnds>(*found)
                         : std::move(asked).error().within("list the sockets of TCP");
        }
    }
    return Error{ENOENT, "no TCP socket has the inode " + std::to_string(socket)};
}

Result<std::vector<SocketInode>> SocketDiag::listeners_on(int family, std::uint16_t port) {
    const auto sockets = dump(family, port, bit(TCP_LISTEN));
    if (!sockets) {
        return sockets.error();
    }
    std::vector<SocketInode> inodes;
    for (const auto& [_, socket] : *sockets) {
        inodes.push_back(socket.inode);
    }
    return inodes;
}

Result<SocketInode> inode_of(int socket) {
    struct stat status {};
    if (::fstat(socket, &status) != 0) {
        return Error{errno, "stat a socket"};
    }
    return static_cast<SocketInode>(status.st_ino);
}

} // namespace recycler::worker
