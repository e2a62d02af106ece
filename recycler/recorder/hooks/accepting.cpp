// SPDX-License-Identifier: MIT
// accept() and accept4(): from the listener, or from rest.
#include "recycler/recorder/hooks/hook.hpp"
#include "recycler/recorder/next_calls.hpp"
#include "recycler/recorder/process.hpp"

#include <cerrno>
#include <fcntl.h>
#include <pthread.h>

namespace recycler::recorder {
namespace {

// What the worker asked of accept().
struct Wanted {
    sockaddr* address;
    socklen_t* length;
    int flags; // of accept4()
};

// As if accept() had just made it. It stays close-on-exec.
void dress(int fd, const Wanted& wanted) {
    const int flags = fcntl(fd, F_GETFL);
    const int blocking = (wanted.flags & SOCK_NONBLOCK) != 0 ? O_NONBLOCK : 0;
    if (flags != -1 && (flags & O_NONBLOCK) != blocking) {
        (void)fcntl(fd, F_SETFL, (flags & ~O_NONBLOCK) | blocking); // of a socket: cannot fail
    }
    if (wanted.address != nullptr && wanted.length != nullptr &&
        getpeername(fd, wanted.address, wanted.length) != 0) {
        *wanted.length = 0; // the client has gone, which reading tells
    }
}

// A thread that is cancelled here would keep the turn.
template <typename Call>
int accept_in_turn(Call call) {
    int state = PTHREAD_CANCEL_ENABLE;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state); // cannot fail
    const int accepted = call();
    const int outcome = errno;
    process.end_turn();
    (void)pthread_setcancelstate(state, nullptr); // as above
    errno = outcome;
    return accepted;
}

template <typename Call>
int accept_or_come_back(int listener, const Wanted& wanted, Call call) {
    const int before = errno;
    const Come come = process.await(listener);
    if (come.what == Come::What::connection) {
        dress(come.fd, wanted);
        process.leave_accept_with_kept();
        errno = before;
        return come.fd;
    }
    int accepted = -1;
    if (come.what == Come::What::listener) {
        errno = before;
        accepted = accept_in_turn(call);
    }
    process.leave_accept(accepted);
    return accepted;
}

template <typename Call>
int record_accept(int listener, const Wanted& wanted, Call call) {
    switch (process.come_to_accept(listener)) {
    case Gate::unrecorded:
        return call();
    case Gate::interrupted:
        errno = EINTR;
        return -1;
    case Gate::busy:
        errno = EAGAIN;
        return -1;
    case Gate::open:
        break;
    }
    if (process.keeps(listener)) {
        return accept_or_come_back(listener, wanted, call);
    }
    const int accepted = call();
    process.leave_accept(accepted);
    return accepted;
}

} // namespace
} // namespace recycler::recorder

using namespace recycler::recorder;

RECORDER_HOOK int accept(int fd, sockaddr* address, socklen_t* length) {
    return record_accept(fd, {.address = address, .length = length, .flags = 0},
                         [&] { return next_calls.accept(fd, address, length); });
}

RECORDER_HOOK int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
    return record_accept(fd, {.address = address, .length = length, .flags = flags},
                         [&] { return next_calls.accept4(fd, address, length, flags); });
}
