// SPDX-License-Identifier: MIT
#include "recycler/recorder/rest/channel.hpp"

#include "recycler/recorder/next_calls.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace recycler::recorder {
namespace {

constexpr char k_kept = 'k';
// Room for more than a message may have: what does not fit is closed by the kernel.
constexpr std::size_t k_most_descriptors = 4;

int option(int fd, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

// A listener has no peer. Unix sockets of each type have protocol 0, and TCP is a stream.
bool fits(int fd, ListenerKind listener) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    return getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) == 0 &&
           peer.ss_family == listener.family &&
           (listener.family == AF_UNIX ? option(fd, SO_TYPE) == SOCK_STREAM
                                       : option(fd, SO_PROTOCOL) == listener.protocol);
}

// An empty message and the end look alike to recvmsg().
bool is_shut_down(int channel) {
    pollfd question{.fd = channel, .events = POLLRDHUP, .revents = 0};
    return next_calls.poll(&question, 1, 0) == 1 && (question.revents & (POLLRDHUP | POLLHUP)) != 0;
}

// The only descriptor of a message, -1 unless there is exactly one. Closes all others.
int only_descriptor(const msghdr& message) {
    int found = -1;
    std::size_t count = 0;
    for (const cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr;
         each = CMSG_NXTHDR(const_cast<msghdr*>(&message), const_cast<cmsghdr*>(each))) {
        if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        const std::size_t here = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < here; ++i, ++count) {
            if (count > 0) {
                (void)next_calls.close(found); // of a message that is refused
            }
            std::memcpy(&found, CMSG_DATA(each) + i * sizeof(int), sizeof found);
        }
    }
    if (count > 1) {
        (void)next_calls.close(found); // likewise
    }
    return count == 1 ? found : -1;
}

} // namespace

ListenerKind kind_of(int listener) {
    return {.family = option(listener, SO_DOMAIN), .protocol = option(listener, SO_PROTOCOL)};
}

void Inherited::find(unsigned number, Kind kind) {
    constexpr unsigned k_largest = 1U << 20;
    struct stat status {};
    number_ = 0;
    const int fd = static_cast<int>(number) - 1;
    if (number == 0 || number > k_largest || fstat(fd, &status) != 0) {
        return;
    }
    const bool is_channel = S_ISSOCK(status.st_mode) && option(fd, SO_TYPE) == SOCK_SEQPACKET;
    const bool is_event = (status.st_mode & S_IFMT) == 0; // an anonymous inode
    if (kind == Kind::channel ? is_channel : is_event) {
        number_ = static_cast<int>(number);
        device_ = status.st_dev;
        inode_ = status.st_ino;
    }
}

bool Inherited::is_there() const {
    struct stat status {};
    return number_ > 0 && fstat(fd(), &status) == 0 && status.st_dev == device_ &&
           status.st_ino == inode_;
}

int send_connection(int channel, int fd) {
    char kept = k_kept;
    iovec byte{.iov_base = &kept, .iov_len = 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
    msghdr message{};
    message.msg_iov = &byte;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    return next_calls.sendmsg(channel, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ? 0 : errno;
}

Received receive_connection(int channel, ListenerKind listener) {
    char bytes[2] = {};
    iovec part{.iov_base = bytes, .iov_len = sizeof bytes};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * k_most_descriptors)] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t size = next_calls.recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0) {
        const bool again = errno == EAGAIN || errno == EINTR;
        return {.what = again ? Received::What::nothing : Received::What::end};
    }
    const int fd = only_descriptor(message);
    if (size == 0 && fd < 0 && is_shut_down(channel)) {
        return {.what = Received::What::end};
    }
    const bool whole = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    if (whole && size == 1 && bytes[0] == k_kept && fd >= 0 && fits(fd, listener)) {
        return {.what = Received::What::connection, .fd = fd};
    }
    if (fd >= 0) {
        (void)next_calls.close(fd); // nobody else has heard of it
    }
    return {.what = Received::What::misfit};
}

} // namespace recycler::recorder
