// SPDX-License-Identifier: MIT
#include "recycler/recorder/rest/channel.hpp"

#include "recycler/recorder/next_calls.hpp"
#include "recycler/recorder/rest/message.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace recycler::recorder {
namespace {

constexpr char k_kept = 'k';

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
    const Message message = receive_message(channel, 0);
    if (message.size < 0) {
        const bool again = errno == EAGAIN || errno == EINTR;
        return {.what = again ? Received::What::nothing : Received::What::end};
    }
    if (message.size == 0 && message.count == 0 && is_shut_down(channel)) {
        return {.what = Received::What::end};
    }
    const bool fits_form =
        message.whole && message.size == 1 && message.first == k_kept && message.count == 1;
    if (fits_form && fits(message.files[0], listener)) {
        return {.what = Received::What::connection, .fd = message.files[0]};
    }
    message.close_files();
    return {.what = Received::What::misfit};
}

} // namespace recycler::recorder
