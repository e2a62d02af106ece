// SPDX-License-Identifier: MIT
// The calls behind the hooks: what the worker would have reached without the recorder. They are
// libc's own (or those of the next preloaded object), found with dlsym(RTLD_NEXT), rather than raw
// system calls: so accept() and read() stay cancellation points, errno is set by whoever always set
// it, and other preloaded objects still see the calls.
#pragma once

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

namespace recycler::recorder {

// Valid at any moment: until find() has run (another object's constructor may be earlier), each is
// a raw system call.
struct NextCalls {
    int (*accept)(int, sockaddr*, socklen_t*);
    int (*accept4)(int, sockaddr*, socklen_t*, int);
    int (*close)(int);
    int (*shutdown)(int, int);
    int (*poll)(pollfd*, nfds_t, int);
    int (*ppoll)(pollfd*, nfds_t, const timespec*, const sigset_t*);
    int (*select)(int, fd_set*, fd_set*, fd_set*, timeval*);
    int (*pselect)(int, fd_set*, fd_set*, fd_set*, const timespec*, const sigset_t*);
    int (*epoll_ctl)(int, int, int, epoll_event*);
    int (*dup2)(int, int);
    int (*dup3)(int, int, int);
    int (*close_range)(unsigned, unsigned, int);
    ssize_t (*read)(int, void*, size_t);
    ssize_t (*readv)(int, const iovec*, int);
    ssize_t (*recv)(int, void*, size_t, int);
    ssize_t (*recvfrom)(int, void*, size_t, int, sockaddr*, socklen_t*);
    ssize_t (*recvmsg)(int, msghdr*, int);
    ssize_t (*write)(int, const void*, size_t);
    ssize_t (*writev)(int, const iovec*, int);
    ssize_t (*send)(int, const void*, size_t, int);
    ssize_t (*sendto)(int, const void*, size_t, int, const sockaddr*, socklen_t);
    ssize_t (*sendmsg)(int, const msghdr*, int);
    ssize_t (*sendfile)(int, int, off_t*, size_t);
    long (*syscall)(long, long, long, long, long, long, long);
    // What gcc calls instead when the worker was built with _FORTIFY_SOURCE. They abort the worker
    // when its buffer is too small, and only libc knows how.
    ssize_t (*read_chk)(int, void*, size_t, size_t);
    ssize_t (*recv_chk)(int, void*, size_t, size_t, int);
    ssize_t (*recvfrom_chk)(int, void*, size_t, size_t, int, sockaddr*, socklen_t*);

    // Looks each one up; not for signal handlers.
    void find();
};

// The one of this process; static, because a hook is called by its name alone.
// NOLINTNEXTLINE(bugprone-dynamic-static-initializers): constinit
extern constinit NextCalls next_calls;

} // namespace recycler::recorder
