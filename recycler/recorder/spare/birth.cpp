// SPDX-License-Identifier: MIT
#include "recycler/recorder/spare/birth.hpp"

#include "recycler/recorder/connections.hpp"
#include "recycler/recorder/listening.hpp"
#include "recycler/recorder/next_calls.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>

namespace recycler::recorder {
namespace {

constexpr char k_slot = 's';
constexpr std::size_t k_alone = 1;        // the listener
constexpr std::size_t k_with_channel = 3; // and both ends of the channel
// Room for more than a message may have: what does not fit is closed by the kernel.
constexpr std::size_t k_most = 4;

struct Files {
    int numbers[k_most];
    std::size_t count;
};

// All that came with the message.
Files files_in(msghdr& message) {
    Files files{};
    for (const cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr;
         each = CMSG_NXTHDR(&message, const_cast<cmsghdr*>(each))) {
        if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        const std::size_t here = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < here && files.count < k_most; ++i) {
            std::memcpy(&files.numbers[files.count++], CMSG_DATA(each) + i * sizeof(int),
                        sizeof(int));
        }
    }
    return files;
}

bool is_listening_stream(int fd) {
    int type = 0;
    int listens = 0;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens == 1;
}

} // namespace

void Birth::find(const struct stat& at_zero, const request::PageHeader& header) {
    if (header.birth == 0 || header.birth_listener != at_zero.st_ino) {
        return;
    }
    channel.find(header.birth, Inherited::Kind::channel);
    listener = channel.fd() >= 0 ? at_zero.st_ino : 0;
}

bool can_await_slot(const Birth& birth, int listener) {
    return !is_nonblocking(listener) && birth.channel.is_there();
}

Told read_slot(int channel, SlotFiles& files) {
    char bytes[2] = {};
    iovec part{.iov_base = bytes, .iov_len = sizeof bytes};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * k_most)] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t size =
        next_calls.recvmsg(channel, &message, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return Told::nothing;
    }
    if (size <= 0) {
        return Told::end; // the controller sends no empty message
    }
    const Files came = files_in(message);
    const bool whole = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    const bool fits = came.count == k_alone || came.count == k_with_channel;
    if (whole && fits && size == 1 && bytes[0] == k_slot && is_listening_stream(came.numbers[0])) {
        files.listener = came.numbers[0];
        files.channel_out = came.count == k_with_channel ? came.numbers[1] : -1;
        files.channel_in = came.count == k_with_channel ? came.numbers[2] : -1;
        return Told::slot;
    }
    for (std::size_t i = 0; i < came.count; ++i) {
        (void)next_calls.close(came.numbers[i]); // copies: the message stays
    }
    return Told::misfit;
}

void close_files(const SlotFiles& files) {
    const int all[] = {files.listener, files.channel_out, files.channel_in};
    for (const int fd : all) {
        if (fd >= 0) {
            (void)next_calls.close(fd); // it stands elsewhere, too
        }
    }
}

void replace_all(const struct stat& born, int file) {
    for (int fd = 0; fd < k_followed_descriptors; ++fd) {
        struct stat status {};
        if (fd == file || fstat(fd, &status) != 0 || status.st_dev != born.st_dev ||
            status.st_ino != born.st_ino) {
            continue;
        }
        const int flags = fcntl(fd, F_GETFD);
        const bool closes = flags != -1 && (flags & FD_CLOEXEC) != 0;
        (void)next_calls.dup3(file, fd, closes ? O_CLOEXEC : 0); // both are open
    }
}

void replace_one(int number, int file) {
    if (number < 0) {
        return;
    }
    if (file >= 0) {
        (void)next_calls.dup3(file, number, O_CLOEXEC); // both are open
    } else {
        (void)next_calls.close(number); // nothing comes by it any more
    }
}

} // namespace recycler::recorder
