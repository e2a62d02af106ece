// SPDX-License-Identifier: MIT
// Event loops that nothing but the next connection can wake, and such as something else can.
#include "recycler/worker/look/event_loop.hpp"

#include "tests/kernel/listener/rig.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

using namespace recycler::worker;
using namespace std::chrono_literals;

namespace {

enum class By { poll, select, epoll };

// What the loop of a worker waits for besides its listener; -1: nothing.
[[noreturn]] void loop(By by, int timeout_ms, int other) {
    const int set = ::epoll_create1(0);
    epoll_event event{.events = EPOLLIN, .data = {}};
    (void)::epoll_ctl(set, EPOLL_CTL_ADD, 0, &event);
    if (other >= 0) {
        (void)::epoll_ctl(set, EPOLL_CTL_ADD, other, &event);
    }
    for (;;) {
        if (by == By::epoll) {
            (void)::epoll_wait(set, &event, 1, timeout_ms);
        } else if (by == By::poll) {
            pollfd both[]{{0, POLLIN, 0}, {other, POLLIN, 0}};
            (void)::poll(both, 2, timeout_ms);
        } else {
            fd_set in;
            FD_ZERO(&in);
            FD_SET(0, &in);
            if (other >= 0) {
                FD_SET(other, &in);
            }
            timeval span{.tv_sec = timeout_ms / 1000, .tv_usec = 0};
            (void)::select(std::max(other, 0) + 1, &in, nullptr, nullptr,
                           timeout_ms < 0 ? nullptr : &span);
        }
    }
}

struct Looping {
    rig::Slot slot = rig::open_slot("127.0.0.1");
    rig::Worker worker;

    explicit Looping(const std::function<void()>& body) : worker(slot.listener.get(), body) {
        REQUIRE(rig::eventually([&] { return rig::is_ready(worker, slot.listener.get()); }));
    }
    [[nodiscard]] bool alone() const {
        const auto inode = inode_of(slot.listener.get());
        REQUIRE(inode);
        const auto seen = waits_for_connections_alone(*inode, worker.processes(), 10s);
        return seen && *seen;
    }
};

} // namespace

TEST_CASE("a loop that waits for its listener without a timeout is woken by connections alone") {
    for (const By by : {By::poll, By::select, By::epoll}) {
        CAPTURE(static_cast<int>(by));
        const Looping one([by] { loop(by, -1, -1); });
        CHECK(rig::eventually([&] { return one.alone(); }));
    }
}

TEST_CASE("a pipe or an eventfd beside it wakes it from inside") {
    for (const By by : {By::poll, By::select, By::epoll}) {
        const Looping by_eventfd([by] { loop(by, -1, ::eventfd(0, 0)); });
        CHECK(rig::eventually([&] { return by_eventfd.alone(); }));
        const Looping by_pipe([by] {
            int ends[2] = {-1, -1};
            (void)!::pipe(ends);
            loop(by, -1, ends[0]);
        });
        CHECK(rig::eventually([&] { return by_pipe.alone(); }));
    }
}

TEST_CASE("a timeout, a timer or a socket of its own may be what it does at its end") {
    for (const By by : {By::poll, By::select, By::epoll}) {
        CAPTURE(static_cast<int>(by));
        const Looping by_timeout([by] { loop(by, 9'000, -1); });
        CHECK_FALSE(by_timeout.alone());
        const Looping by_timer([by] { loop(by, -1, ::timerfd_create(CLOCK_MONOTONIC, 0)); });
        CHECK_FALSE(by_timer.alone());
        const Looping by_socket([by] {
            int ends[2] = {-1, -1};
            (void)::socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
            loop(by, -1, ends[0]);
        });
        CHECK_FALSE(by_socket.alone());
    }
}

TEST_CASE("a timeout beyond the time that is asked about wakes nobody within it") {
    for (const By by : {By::poll, By::epoll}) {
        const Looping one([by] { loop(by, 11'000, -1); });
        CHECK(rig::eventually([&] { return one.alone(); }));
    }
}

TEST_CASE("a loop whose listener is not among what it waits for is none") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker worker(slot.listener.get(), [] {
        pollfd one{::eventfd(0, 0), POLLIN, 0};
        for (;;) {
            (void)::poll(&one, 1, -1);
        }
    });
    const auto inode = inode_of(slot.listener.get());
    REQUIRE(inode);
    const auto seen = waits_for_connections_alone(*inode, worker.processes(), 10s);
    CHECK((!seen || !*seen));
}
