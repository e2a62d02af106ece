// SPDX-License-Identifier: MIT
// poll(), select() and their kind: in front of accept() for a listener alone, and behind an answer
// for the end of a connection. Whatever else they wait for passes: where the listener is among it,
// as where it stands in an epoll, nothing rests.
#include "recycler/recorder/hooks/hook.hpp"
#include "recycler/recorder/next_calls.hpp"
#include "recycler/recorder/process.hpp"
#include "recycler/recorder/timeouts.hpp"

#include <cerrno>
#include <cstdlib>

namespace recycler::recorder {
namespace {

// How long the worker waits at most; -1: without end. Never shorter than it asked.
int milliseconds_of(const timespec* timeout) {
    constexpr long k_most = 1'000'000; // seconds
    if (timeout == nullptr) {
        return -1;
    }
    const long seconds = timeout->tv_sec < k_most ? timeout->tv_sec : k_most;
    return static_cast<int>(seconds * 1000 + (timeout->tv_nsec + 999'999) / 1'000'000);
}

// How many of them are parting: those can be read, and nothing is said of the others.
int parting_among(pollfd* fds, nfds_t count) {
    int ready = 0;
    for (nfds_t i = 0; i < count; ++i) {
        ready += (fds[i].events & POLLIN) != 0 && process.is_parting(fds[i].fd) ? 1 : 0;
    }
    for (nfds_t i = 0; ready > 0 && i < count; ++i) {
        const bool parting = (fds[i].events & POLLIN) != 0 && process.is_parting(fds[i].fd);
        fds[i].revents = parting ? POLLIN : 0;
    }
    return ready;
}

void note_listener_among(const pollfd* fds, nfds_t count) {
    for (nfds_t i = 0; i < count; ++i) {
        if ((fds[i].events & POLLIN) != 0) {
            process.listens_elsewhere(fds[i].fd);
        }
    }
}

// 1: it is no listener of a worker without a slot, or no more; else what poll() returns.
int await_slot(int fd, int milliseconds, const sigset_t* mask) {
    if (!process.awaits_slot_at(fd)) {
        return 1;
    }
    const int before = errno;
    switch (process.await_slot(milliseconds, mask)) {
    case SlotWait::taken:
        break;
    case SlotWait::in_vain:
        errno = before;
        return 0;
    case SlotWait::interrupted:
        return -1;
    }
    errno = before;
    return 1;
}

template <typename Call>
int record_poll(pollfd* fds, nfds_t count, int milliseconds, const sigset_t* mask, Call call) {
    if (!process.watches()) {
        return call(fds);
    }
    if (const int ready = parting_among(fds, count); ready > 0) {
        return ready;
    }
    if (count > 1) {
        note_listener_among(fds, count);
    }
    if (count != 1 || (fds->events & POLLIN) == 0) {
        return call(fds);
    }
    if (const int slot = await_slot(fds->fd, milliseconds, mask); slot <= 0) {
        fds->revents = 0;
        return slot;
    }
    if (!process.waits_for(fds->fd)) {
        return call(fds);
    }
    int ready = 0;
    if (mask == nullptr) {
        ready = process.await_readiness(milliseconds);
    } else {
        pollfd all{.fd = process.waiting_descriptor(), .events = POLLIN, .revents = 0};
        ready = call(&all);
    }
    fds->revents = ready > 0 ? POLLIN : 0;
    return ready;
}

struct Sets {
    fd_set* in;
    fd_set* out;
    fd_set* other;
};

bool is_empty(int count, const fd_set* set) {
    for (int fd = 0; set != nullptr && fd < count; ++fd) {
        if (FD_ISSET(fd, set)) {
            return false;
        }
    }
    return true;
}

// The only descriptor that is waited for to read; -1: there are others, or none.
int only_one(int count, const Sets& sets) {
    int only = -1;
    for (int fd = 0; fd < count; ++fd) {
        if (FD_ISSET(fd, sets.in)) {
            if (only >= 0) {
                return -1;
            }
            only = fd;
        }
    }
    return is_empty(count, sets.out) && is_empty(count, sets.other) ? only : -1;
}

void clear(int count, fd_set* set) {
    for (int fd = 0; set != nullptr && fd < count; ++fd) {
        FD_CLR(fd, set);
    }
}

// As parting_among().
int parting_among(int count, const Sets& sets) {
    int ready = 0;
    for (int fd = 0; fd < count; ++fd) {
        ready += FD_ISSET(fd, sets.in) && process.is_parting(fd) ? 1 : 0;
    }
    for (int fd = 0; ready > 0 && fd < count; ++fd) {
        if (!process.is_parting(fd)) {
            FD_CLR(fd, sets.in);
        }
    }
    if (ready > 0) {
        clear(count, sets.out);
        clear(count, sets.other);
    }
    return ready;
}

void note_listener_among(int count, const fd_set* in) {
    for (int fd = 0; fd < count; ++fd) {
        if (FD_ISSET(fd, in)) {
            process.listens_elsewhere(fd);
        }
    }
}

template <typename Call>
int record_select(int count, const Sets& sets, int milliseconds, const sigset_t* mask, Call call) {
    if (!process.watches() || sets.in == nullptr || count > FD_SETSIZE) {
        return call(count, sets);
    }
    if (const int ready = parting_among(count, sets); ready > 0) {
        return ready;
    }
    const int listener = only_one(count, sets);
    if (listener < 0) {
        note_listener_among(count, sets.in);
        return call(count, sets);
    }
    if (const int slot = await_slot(listener, milliseconds, mask); slot <= 0) {
        FD_CLR(listener, sets.in);
        return slot;
    }
    if (!process.waits_for(listener)) {
        return call(count, sets);
    }
    int ready = 0;
    if (mask == nullptr) {
        ready = process.await_readiness(milliseconds);
    } else {
        const timespec timeout = timespec_of(milliseconds);
        pollfd all{.fd = process.waiting_descriptor(), .events = POLLIN, .revents = 0};
        ready = next_calls.ppoll(&all, 1, milliseconds < 0 ? nullptr : &timeout, mask);
    }
    if (ready == 0) {
        FD_CLR(listener, sets.in);
    }
    return ready;
}

} // namespace
} // namespace recycler::recorder

using namespace recycler::recorder;

RECORDER_HOOK int poll(pollfd* fds, nfds_t count, int milliseconds) {
    return record_poll(fds, count, milliseconds, nullptr,
                       [=](pollfd* all) { return next_calls.poll(all, count, milliseconds); });
}

RECORDER_HOOK int ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
    return record_poll(fds, count, milliseconds_of(timeout), mask,
                       [=](pollfd* all) { return next_calls.ppoll(all, count, timeout, mask); });
}

RECORDER_HOOK int select(int count, fd_set* in, fd_set* out, fd_set* other, timeval* timeout) {
    const timespec left = timeout == nullptr ? timespec{} : timespec_of(*timeout);
    return record_select(count, {in, out, other},
                         milliseconds_of(timeout == nullptr ? nullptr : &left), nullptr,
                         [timeout](int all, const Sets& sets) {
                             return next_calls.select(all, sets.in, sets.out, sets.other, timeout);
                         });
}

RECORDER_HOOK int pselect(int count, fd_set* in, fd_set* out, fd_set* other,
                          const timespec* timeout, const sigset_t* mask) {
    return record_select(
        count, {in, out, other}, milliseconds_of(timeout), mask, [=](int all, const Sets& sets) {
            return next_calls.pselect(all, sets.in, sets.out, sets.other, timeout, mask);
        });
}

RECORDER_HOOK int epoll_ctl(int set, int operation, int fd, epoll_event* event) noexcept {
    if (operation == EPOLL_CTL_ADD) {
        process.waits_elsewhere(fd);
        process.listens_elsewhere(fd);
    }
    return next_calls.epoll_ctl(set, operation, fd, event);
}

// The fortified forms. Their buffer is as large as gcc says, or the worker ends, as with libc's.

// NOLINTNEXTLINE(bugprone-reserved-identifier): libc's name
RECORDER_HOOK int __poll_chk(pollfd* fds, nfds_t count, int milliseconds, size_t room) {
    if (room / sizeof *fds < count) {
        std::abort();
    }
    return poll(fds, count, milliseconds);
}

// NOLINTNEXTLINE(bugprone-reserved-identifier): libc's name
RECORDER_HOOK int __ppoll_chk(pollfd* fds, nfds_t count, const timespec* timeout,
                              const sigset_t* mask, size_t room) {
    if (room / sizeof *fds < count) {
        std::abort();
    }
    return ppoll(fds, count, timeout, mask);
}
