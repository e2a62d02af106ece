// SPDX-License-Identifier: MIT
#include "recycler/recorder/next_calls.hpp"

#include "recycler/recorder/timeouts.hpp"

#include <cstdlib>
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::recorder {
namespace {

constexpr std::size_t k_kernel_mask_size = 8; // bytes: 64 signals

// The kernel has no recv(), send() and dup2() on some architectures: their general forms do.
ssize_t raw_recvfrom(int fd, void* buffer, size_t size, int flags, sockaddr* from,
                     socklen_t* length) {
    return syscall(SYS_recvfrom, fd, buffer, size, flags, from, length);
}

ssize_t raw_read(int fd, void* buffer, size_t size) {
    return syscall(SYS_read, fd, buffer, size);
}

// Stops the worker as libc would, short of the message.
void check_room(size_t size, size_t room) {
    if (size > room) {
        std::abort();
    }
}

int raw_dup3(int from, int to, int flags) {
    return static_cast<int>(syscall(SYS_dup3, from, to, flags));
}

// The kernel has these two on all architectures. They write the time that is left.
int raw_ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
    timespec left = timeout == nullptr ? timespec{} : *timeout;
    return static_cast<int>(syscall(SYS_ppoll, fds, count, timeout == nullptr ? nullptr : &left,
                                    mask, k_kernel_mask_size));
}

int raw_pselect(int count, fd_set* in, fd_set* out, fd_set* other, const timespec* timeout,
                const sigset_t* mask) {
    timespec left = timeout == nullptr ? timespec{} : *timeout;
    const struct {
        const sigset_t* mask;
        size_t size;
    } masked{mask, k_kernel_mask_size};
    return static_cast<int>(syscall(SYS_pselect6, count, in, out, other,
                                    timeout == nullptr ? nullptr : &left, &masked));
}

int raw_poll(pollfd* fds, nfds_t count, int milliseconds) {
    const timespec timeout = timespec_of(milliseconds);
    return raw_ppoll(fds, count, milliseconds < 0 ? nullptr : &timeout, nullptr);
}

int raw_select(int count, fd_set* in, fd_set* out, fd_set* other, timeval* timeout) {
    const timespec left = timeout == nullptr ? timespec{} : timespec_of(*timeout);
    return raw_pselect(count, in, out, other, timeout == nullptr ? nullptr : &left, nullptr);
}

template <typename Call>
void find_next(Call& call, const char* name) {
    if (void* found = dlsym(RTLD_NEXT, name); found != nullptr) {
        call = reinterpret_cast<Call>(found);
    }
}

} // namespace

constinit NextCalls next_calls{
    .accept =
        [](int fd, sockaddr* address, socklen_t* length) {
            return static_cast<int>(syscall(SYS_accept, fd, address, length));
        },
    .accept4 =
        [](int fd, sockaddr* address, socklen_t* length, int flags) {
            return static_cast<int>(syscall(SYS_accept4, fd, address, length, flags));
        },
    .close = [](int fd) { return static_cast<int>(syscall(SYS_close, fd)); },
    .shutdown = [](int fd, int how) { return static_cast<int>(syscall(SYS_shutdown, fd, how)); },
    .poll = raw_poll,
    .ppoll = raw_ppoll,
    .select = raw_select,
    .pselect = raw_pselect,
    .epoll_ctl =
        [](int set, int operation, int fd, epoll_event* event) {
            return static_cast<int>(syscall(SYS_epoll_ctl, set, operation, fd, event));
        },
    // dup3() refuses what dup2() allows: both the same.
    .dup2 = [](int from, int to) { return from == to ? to : raw_dup3(from, to, 0); },
    .dup3 = raw_dup3,
    .close_range =
        [](unsigned first, unsigned last, int flags) {
            return static_cast<int>(syscall(SYS_close_range, first, last, flags));
        },
    .read = raw_read,
    .readv = [](int fd, const iovec* parts, int count) -> ssize_t {
        return syscall(SYS_readv, fd, parts, count);
    },
    .recv = [](int fd, void* buffer, size_t size,
               int flags) { return raw_recvfrom(fd, buffer, size, flags, nullptr, nullptr); },
    .recvfrom = raw_recvfrom,
    .recvmsg = [](int fd, msghdr* message, int flags) -> ssize_t {
        return syscall(SYS_recvmsg, fd, message, flags);
    },
    .write = [](int fd, const void* buffer, size_t size) -> ssize_t {
        return syscall(SYS_write, fd, buffer, size);
    },
    .writev = [](int fd, const iovec* parts, int count) -> ssize_t {
        return syscall(SYS_writev, fd, parts, count);
    },
    .send = [](int fd, const void* buffer, size_t size, int flags) -> ssize_t {
        return syscall(SYS_sendto, fd, buffer, size, flags, nullptr, 0);
    },
    .sendto = [](int fd, const void* buffer, size_t size, int flags, const sockaddr* to,
                 socklen_t length) -> ssize_t {
        return syscall(SYS_sendto, fd, buffer, size, flags, to, length);
    },
    .sendmsg = [](int fd, const msghdr* message, int flags) -> ssize_t {
        return syscall(SYS_sendmsg, fd, message, flags);
    },
    .sendfile = [](int out, int in, off_t* offset, size_t size) -> ssize_t {
        return syscall(SYS_sendfile, out, in, offset, size);
    },
    // Of all, the one that the others stand on: it cannot wait for find().
    .syscall =
        [](long number, long a, long b, long c, long d, long e, long f) {
            find_next(next_calls.syscall, "syscall");
            return next_calls.syscall(number, a, b, c, d, e, f);
        },
    .read_chk =
        [](int fd, void* buffer, size_t size, size_t room) {
            check_room(size, room);
            return raw_read(fd, buffer, size);
        },
    .recv_chk =
        [](int fd, void* buffer, size_t size, size_t room, int flags) {
            check_room(size, room);
            return raw_recvfrom(fd, buffer, size, flags, nullptr, nullptr);
        },
    .recvfrom_chk =
        [](int fd, void* buffer, size_t size, size_t room, int flags, sockaddr* from,
           socklen_t* length) {
            check_room(size, room);
            return raw_recvfrom(fd, buffer, size, flags, from, length);
        },
};

void NextCalls::find() {
    find_next(accept, "accept");
    find_next(accept4, "accept4");
    find_next(close, "close");
    find_next(shutdown, "shutdown");
    find_next(poll, "poll");
    find_next(ppoll, "ppoll");
    find_next(select, "select");
    find_next(pselect, "pselect");
    find_next(epoll_ctl, "epoll_ctl");
    find_next(dup2, "dup2");
    find_next(dup3, "dup3");
    find_next(close_range, "close_range");
    find_next(read, "read");
    find_next(readv, "readv");
    find_next(recv, "recv");
    find_next(recvfrom, "recvfrom");
    find_next(recvmsg, "recvmsg");
    find_next(write, "write");
    find_next(writev, "writev");
    find_next(send, "send");
    find_next(sendto, "sendto");
    find_next(sendmsg, "sendmsg");
    find_next(sendfile, "sendfile");
    find_next(syscall, "syscall");
    find_next(read_chk, "__read_chk");
    find_next(recv_chk, "__recv_chk");
    find_next(recvfrom_chk, "__recvfrom_chk");
}

} // namespace recycler::recorder
