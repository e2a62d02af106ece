// SPDX-License-Identifier: MIT
#include "recycler/recorder/rest/waiting_set.hpp"

#include "recycler/recorder/next_calls.hpp"
#include "recycler/recorder/out_of_the_way.hpp"

#include <atomic>
#include <cerrno>
#include <sys/epoll.h>

namespace recycler::recorder {
namespace {

using From = Arrival::From;

constexpr std::uint32_t k_readable = EPOLLIN | EPOLLRDHUP;
constexpr std::uint32_t k_ended = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

// The descriptor in the low half. Generations are above the few values of `From`.
constexpr std::uint64_t packed(std::uint32_t high, std::uint32_t low) {
    return std::uint64_t{high} << 32 | low;
}
constexpr std::uint64_t source(From from) {
    return packed(0, static_cast<std::uint32_t>(from));
}
// Generation 0 is never that of a connection: Place::begin() comes first.
std::uint64_t connection(int fd, std::uint32_t generation) {
    return packed(generation, static_cast<std::uint32_t>(fd));
}

int moved_up(int fd) {
    const int moved = copy_out_of_the_way(fd);
    if (moved < 0) {
        return fd; // also where it stands it does its work
    }
    (void)next_calls.close(fd); // an epoll has nothing to lose
    return moved;
}

} // namespace

bool WaitingSet::is_made() const {
    return __atomic_load_n(&number_, __ATOMIC_ACQUIRE) != 0;
}

int WaitingSet::fd() const {
    return __atomic_load_n(&number_, __ATOMIC_ACQUIRE) - 1;
}

void WaitingSet::publish(const WaitingSet& made) {
    std::atomic_ref{number_}.store(made.number_);
}

void WaitingSet::forget() {
    std::atomic_ref{number_}.store(0);
}

bool WaitingSet::make(int listener) {
    const int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    const int moved = moved_up(fd);
    // One process of the worker is woken for each connection, as in accept(). Since Linux 4.5.
    epoll_event event{.events = EPOLLIN | EPOLLEXCLUSIVE, .data = {.u64 = source(From::listener)}};
    if (next_calls.epoll_ctl(moved, EPOLL_CTL_ADD, listener, &event) != 0) {
        (void)next_calls.close(moved); // an epoll has nothing to lose
        return false;
    }
    std::atomic_ref{number_}.store(moved + 1);
    return true;
}

bool WaitingSet::control(int operation, int fd, std::uint32_t events, std::uint64_t data) {
    epoll_event event{.events = events, .data = {.u64 = data}};
    return next_calls.epoll_ctl(this->fd(), operation, fd, &event) == 0;
}

// Not EPOLLEXCLUSIVE: then a worker that takes none would be woken instead of the one that does.
bool WaitingSet::add_channel(int fd) {
    return control(EPOLL_CTL_ADD, fd, EPOLLIN, source(From::channel));
}

// Fails where it is not there, which is what is wanted.
void WaitingSet::remove_channel(int fd) {
    (void)control(EPOLL_CTL_DEL, fd, 0, 0);
}

bool WaitingSet::add_wake(int fd) {
    return control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, source(From::wake));
}

bool WaitingSet::add(int fd, std::uint32_t generation, Report report) {
    const std::uint32_t once = report == Report::once ? std::uint32_t{EPOLLONESHOT} : 0;
    return control(EPOLL_CTL_ADD, fd, k_readable | once, connection(fd, generation));
}

// Neither can fail for a descriptor that was added.
void WaitingSet::arm(int fd, std::uint32_t generation) {
    (void)control(EPOLL_CTL_MOD, fd, k_readable | EPOLLONESHOT, connection(fd, generation));
}

// The ends of a connection are reported whatever is asked for, but only once.
void WaitingSet::disarm(int fd, std::uint32_t generation) {
    (void)control(EPOLL_CTL_MOD, fd, EPOLLONESHOT, connection(fd, generation));
}

// As remove_channel().
void WaitingSet::remove(int fd) {
    (void)control(EPOLL_CTL_DEL, fd, 0, 0);
}

Arrival WaitingSet::wait(int milliseconds) {
    epoll_event event{};
    const int count = epoll_wait(fd(), &event, 1, milliseconds);
    if (count <= 0) {
        errno = count == 0 ? 0 : errno;
        return {};
    }
    const auto high = static_cast<std::uint32_t>(event.data.u64 >> 32);
    const auto low = static_cast<std::uint32_t>(event.data.u64);
    if (high == 0) {
        return {.from = static_cast<From>(low)};
    }
    return {.from = From::connection,
            .fd = static_cast<int>(low),
            .generation = high,
            .ended = (event.events & k_ended) != 0};
}

} // namespace recycler::recorder
