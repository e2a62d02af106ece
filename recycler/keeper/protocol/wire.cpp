// SPDX-License-Identifier: MIT
#include "recycler/keeper/protocol/wire.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

namespace recycler::keeper {
namespace {

// Takes ownership of every descriptor that came; more than fit into `fds` cannot come, the control
// buffer has no room for them.
void take_descriptors(msghdr& message, Packet& packet) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
            UniqueFd owned{fd};
            if (packet.fd_count < packet.fds.size()) {
                packet.fds[packet.fd_count++] = std::move(owned);
            }
        }
    }
}

void drop_descriptors(Packet& packet) {
    for (UniqueFd& fd : packet.fds) {
        fd.reset();
    }
    packet.fd_count = 0;
}

// An empty packet and the end look alike to recvmsg.
bool is_hung_up(int socket) {
    pollfd question{.fd = socket, .events = 0, .revents = 0};
    return ::poll(&question, 1, 0) != 0;
}

} // namespace

Arrival receive_packet(int socket, Packet& packet) {
    drop_descriptors(packet);
    packet.size = 0;
    iovec bytes{.iov_base = packet.bytes.data(), .iov_len = packet.bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * k_max_fds)> control;
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t size = 0;
    do {
        size = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        // ECONNRESET is told once, when the other end closes with something of ours unread, and
        // before what it had sent itself.
    } while (size < 0 && (errno == EINTR || errno == ECONNRESET));
    if (size < 0) {
        return errno == EAGAIN ? Arrival::nothing : Arrival::closed;
    }
    take_descriptors(message, packet);
    if (size == 0 && is_hung_up(socket)) {
        return Arrival::closed;
    }
    const bool cut = (message.msg_flags & MSG_CTRUNC) != 0;
    const bool too_many = cut && packet.fd_count == k_max_fds;
    if (size == 0 || (message.msg_flags & MSG_TRUNC) != 0 || too_many) {
        drop_descriptors(packet);
        return Arrival::malformed;
    }
    packet.size = static_cast<std::size_t>(size);
    if (cut) {
        drop_descriptors(packet);
        return Arrival::stripped;
    }
    return Arrival::packet;
}

int send_packet(int socket, std::span<const std::byte> bytes, std::span<const int> fds) {
    if (fds.size() > k_max_fds) {
        return EINVAL;
    }
    iovec part{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * k_max_fds)> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(fds.size_bytes());
        cmsghdr* rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
    }
    ssize_t sent = 0;
    do {
        sent = ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        return errno == ECONNRESET ? EPIPE : errno; // the same, told to the sender
    }
    return 0;
}

std::optional<Header> header_of(const Packet& packet) {
    Header header;
    if (packet.size < sizeof header) {
        return std::nullopt;
    }
    std::memcpy(&header, packet.bytes.data(), sizeof header);
    if (header.magic != k_magic) {
        return std::nullopt;
    }
    return header;
}

} // namespace recycler::keeper
