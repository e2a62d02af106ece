// SPDX-License-Identifier: MIT
// What SocketDiag asks about unix sockets.
#include "recycler/worker/listen/diag_message.hpp"
#include "recycler/worker/listen/socket_diag.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace recycler::worker {
namespace {

struct UnixRequest {
    nlmsghdr header{};
    unix_diag_req body{};
};

UnixRequest unix_request(unsigned flags) {
    auto request = request_for<UnixRequest>(flags);
    request.body.sdiag_family = AF_UNIX;
    request.body.udiag_cookie[0] = INET_DIAG_NOCOOKIE;
    request.body.udiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return request;
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

std::string bound_name_in(std::span<const std::byte> body) {
    const auto bytes = unix_attribute(body, UNIX_DIAG_NAME);
    const std::string_view bound(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return std::string(bound.substr(0, bound.find('\0')));
}

} // namespace

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

Result<UnixListener> SocketDiag::unix_listener(SocketInode listener) {
    auto request = unix_request(NLM_F_ACK);
    request.header.nlmsg_seq = ++sequence_;
    request.body.udiag_ino = listener;
    request.body.udiag_show = UDIAG_SHOW_RQLEN | UDIAG_SHOW_VFS;
    UnixListener seen;
    bool told = false;
    auto asked = ask(&request, sizeof request, [&](std::span<const std::byte> body) {
        unix_diag_rqlen lengths{};
        unix_diag_vfs file{};
        std::uint8_t shut = 0;
        told = read_at(unix_attribute(body, UNIX_DIAG_RQLEN), 0, lengths) &&
               read_at(unix_attribute(body, UNIX_DIAG_VFS), 0, file) &&
               read_at(unix_attribute(body, UNIX_DIAG_SHUTDOWN), 0, shut);
        constexpr unsigned k_receiving = 1; // RCV_SHUTDOWN
        seen = {file.udiag_vfs_ino, lengths.udiag_rqueue, (shut & k_receiving) != 0};
    });
    if (!asked || !told) {
        return Error{asked ? ENODATA : asked.error().code, "look at a unix listener"};
    }
    return seen;
}

Result<std::vector<SocketInode>> SocketDiag::unix_connections(std::string_view name) {
    auto request = unix_request(NLM_F_DUMP);
    request.header.nlmsg_seq = ++sequence_;
    request.body.udiag_states = bit(TCP_ESTABLISHED);
    request.body.udiag_show = UDIAG_SHOW_NAME;
    std::vector<SocketInode> inodes;
    auto asked = ask(&request, sizeof request, [&](std::span<const std::byte> body) {
        unix_diag_msg answer{};
        if (read_at(body, 0, answer) && bound_name_in(body) == name) {
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

Result<std::uint32_t> SocketDiag::unix_file(SocketInode socket) {
    auto request = unix_request(NLM_F_ACK);
    request.header.nlmsg_seq = ++sequence_;
    request.body.udiag_ino = socket;
    request.body.udiag_show = UDIAG_SHOW_VFS;
    unix_diag_vfs file{};
    bool told = false;
    auto asked = ask(&request, sizeof request, [&](std::span<const std::byte> body) {
        told = read_at(unix_attribute(body, UNIX_DIAG_VFS), 0, file);
    });
    if (!asked || !told) {
        return Error{asked ? ENOENT : asked.error().code, "find the file of a unix socket"};
    }
    return file.udiag_vfs_ino;
}

Result<std::vector<std::string>> SocketDiag::unix_listeners_of(std::uint32_t file) {
    auto request = unix_request(NLM_F_DUMP);
    request.header.nlmsg_seq = ++sequence_;
    request.body.udiag_states = bit(TCP_LISTEN);
    request.body.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS;
    std::vector<std::string> names;
    auto asked = ask(&request, sizeof request, [&](std::span<const std::byte> body) {
        unix_diag_vfs bound{};
        if (read_at(unix_attribute(body, UNIX_DIAG_VFS), 0, bound) && bound.udiag_vfs_ino == file) {
            names.push_back(bound_name_in(body));
        }
    });
    if (!asked) {
        return std::move(asked).error().within("list the unix listeners");
    }
    return names;
}

} // namespace recycler::worker
