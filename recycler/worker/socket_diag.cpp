#include "recycler/worker/socket_diag.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <span>
#include <sys/socket.h>
#include <sys/stat.h>

namespace recycler::worker {
namespace {

constexpr std::uint32_t bit(unsigned state) {
    return 1U << state;
}

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
struct UnixRequest {
    nlmsghdr header{};
    unix_diag_req body{};
};

template <typename Request>
Request request_for(unsigned flags) {
    Request request;
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = static_cast<__u16>(NLM_F_REQUEST | flags);
    return request;
}

UnixRequest unix_request(unsigned flags) {
    auto request = request_for<UnixRequest>(flags);
    request.body.sdiag_family = AF_UNIX;
    request.body.udiag_cookie[0] = INET_DIAG_NOCOOKIE;
    request.body.udiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return request;
}

template <typename T>
bool read_at(std::span<const std::byte> bytes, std::size_t offset, T& into) {
    if (bytes.size() < offset + sizeof into) {
        return false;
    }
    std::memcpy(&into, bytes.data() + offset, sizeof into);
    return true;
}

// The payload of the attribute `type` behind a unix_diag_msg; empty when it is not there.
std::span<const std::byte> unix_attribute(std::span<const std::byte> body, unsigned type) {
    std::size_t at = NLMSG_ALIGN(sizeof(unix_diag_msg));
    rtattr attribute{};
    while (read_at(body, at, attribute) && attribute.rta_len >= RTA_LENGTH(0) &&
           at + attribute.rta_len <= body.size()) {
        if (attribute.rta_type == type) {
            return body.subspan(at + RTA_LENGTH(0), attribute.rta_len - RTA_LENGTH(0));
        }
        at += RTA_ALIGN(attribute.rta_len);
    }
    return {};
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
template <typename Visit>
Result<void> SocketDiag::ask(const void* request, std::size_t size, Visit visit) {
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

Result<SocketDiag::PortTable> SocketDiag::dump(int family, std::uint16_t port,
                                               std::uint32_t states) {
    auto request = request_for<InetRequest>(NLM_F_DUMP);
    request.header.nlmsg_seq = ++sequence_;
    request.body.sdiag_family = static_cast<__u8>(family);
    request.body.sdiag_protocol = IPPROTO_TCP;
    request.body.idiag_states = states;
    request.body.id.idiag_sport = htons(port);
    PortTable found;
    auto asked = ask(&request, sizeof request, [&](std::span<const std::byte> body) {
        inet_diag_msg answer{};
        if (read_at(body, 0, answer)) {
            found.emplace(ntohs(answer.id.idiag_sport),
                          PortSocket{.state = answer.idiag_state,
                                     .inode = answer.idiag_inode,
                                     .host = std::to_array(answer.id.idiag_src)});
        }
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

Result<std::uint32_t> SocketDiag::unix_queue(SocketInode listener) {
    auto request = unix_request(NLM_F_ACK);
    request.header.nlmsg_seq = ++sequence_;
    request.body.udiag_ino = listener;
    request.body.udiag_show = UDIAG_SHOW_RQLEN;
    std::uint32_t queued = 0;
    bool told = false;
    auto asked = ask(&request, sizeof request, [&](std::span<const std::byte> body) {
        unix_diag_rqlen lengths{};
        told = read_at(unix_attribute(body, UNIX_DIAG_RQLEN), 0, lengths);
        queued = lengths.udiag_rqueue;
    });
    if (!asked) {
        return std::move(asked).error().within("read the queue of a unix listener");
    }
    if (!told) {
        return Error{ENODATA, "read the queue of a unix listener"};
    }
    return queued;
}

Result<std::vector<SocketInode>> SocketDiag::unix_connections(std::string_view name) {
    auto request = unix_request(NLM_F_DUMP);
    request.header.nlmsg_seq = ++sequence_;
    request.body.udiag_states = bit(TCP_ESTABLISHED);
    request.body.udiag_show = UDIAG_SHOW_NAME;
    std::vector<SocketInode> inodes;
    auto asked = ask(&request, sizeof request, [&](std::span<const std::byte> body) {
        unix_diag_msg answer{};
        const auto bytes = unix_attribute(body, UNIX_DIAG_NAME);
        std::string_view bound(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        bound = bound.substr(0, bound.find('\0'));
        if (read_at(body, 0, answer) && bound == name) {
            inodes.push_back(answer.udiag_ino);
        }
    });
    if (!asked) {
        return std::move(asked).error().within("list the connections of " + std::string(name));
    }
    return inodes;
}

Result<std::string> SocketDiag::unix_peer(SocketInode connection) {
    const auto told_of = [this](SocketInode inode, std::uint32_t show, unsigned attribute) {
        auto request = unix_request(NLM_F_ACK);
        request.header.nlmsg_seq = ++sequence_;
        request.body.udiag_ino = inode;
        request.body.udiag_show = show;
        std::string bytes;
        const auto asked = ask(&request, sizeof request, [&](std::span<const std::byte> body) {
            const auto found = unix_attribute(body, attribute);
            bytes.assign(reinterpret_cast<const char*>(found.data()), found.size());
        });
        return asked ? bytes : std::string(); // the kernel knows no such unix socket
    };
    const std::string peer = told_of(connection, UDIAG_SHOW_PEER, UNIX_DIAG_PEER);
    SocketInode inode = 0;
    if (peer.size() != sizeof inode) {
        return Error{ENOENT, "find the other end of a unix connection"};
    }
    std::memcpy(&inode, peer.data(), sizeof inode);
    std::string name = told_of(inode, UDIAG_SHOW_NAME, UNIX_DIAG_NAME);
    name.resize(std::min(name.find('\0'), name.size()));
    return name.empty() ? Result<std::string>(Error{ENOENT, "name the other end"}) : name;
}

Result<SocketInode> inode_of(int socket) {
    struct stat status {};
    if (::fstat(socket, &status) != 0) {
        return Error{errno, "stat a socket"};
    }
    return static_cast<SocketInode>(status.st_ino);
}

} // namespace recycler::worker
