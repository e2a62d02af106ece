// SPDX-License-Identifier: MIT
#include "recycler/worker/look/stance.hpp"

#include "tests/kernel/listener/rig.hpp"

#include <algorithm>
#include <csignal>
#include <doctest/doctest.h>
#include <functional>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace recycler::worker;
using namespace std::chrono_literals;

namespace {

Stance now_of(const rig::Worker& worker) {
    auto stance = stance_of(worker.processes(), LookTime{});
    return stance ? std::move(*stance) : Stance{};
}

bool stands_in(const Stance& stance, long call) {
    return std::ranges::any_of(stance, [&](const ThreadStance& each) { return each.call == call; });
}

void ignore(int /*signal*/) {}

// Something to do at its end, in the handler itself: accept() has not returned meanwhile.
void take_long(int /*signal*/) {
    for (;;) {
        (void)::sleep(60);
    }
}

[[noreturn]] void accept_with(void (*handler)(int), int flags) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    (void)::sigaction(SIGTERM, &action, nullptr);
    for (;;) {
        (void)::accept(0, nullptr, nullptr);
    }
}

// A worker that came to accept() was told to stop: does it go on waiting?
struct Told {
    rig::Slot slot = rig::open_slot("127.0.0.1");
    rig::Worker worker;
    Stance before;

    explicit Told(const std::function<void()>& body) : worker(slot.listener.get(), body) {
        REQUIRE(rig::eventually([&] {
            before = now_of(worker);
            return stands_in(before, SYS_accept);
        }));
        REQUIRE(::kill(worker.pid(), SIGTERM) == 0);
    }
    [[nodiscard]] bool goes_on() const { return goes_on_waiting(before, now_of(worker), 0); }
};

} // namespace

TEST_CASE("who ignores the signal, or whose handler sends it back into accept(), goes on waiting") {
    for (const int flags : {0, SA_RESTART}) {
        for (const auto handler : {SIG_IGN, +ignore}) {
            const Told told([&] { accept_with(handler, flags); });
            CHECK(rig::eventually([&] { return told.goes_on(); }));
        }
    }
}

TEST_CASE("who does something in its handler does not, although accept() has not returned") {
    const Told told([] { accept_with(take_long, SA_RESTART); });
    REQUIRE(rig::eventually([&] { return stands_in(now_of(told.worker), SYS_clock_nanosleep); }));
    CHECK_FALSE(told.goes_on());
}

TEST_CASE("each thread counts, and those that come or go") {
    const Stance before{{.thread = 7, .call = SYS_accept}, {.thread = 8, .call = SYS_futex}};
    CHECK(goes_on_waiting(before, before, 0));
    CHECK(goes_on_waiting({{7, -1}, {8, SYS_futex}}, before, 0)); // it has come to accept()
    CHECK_FALSE(goes_on_waiting(before, {{7, SYS_accept}}, 0));
    CHECK_FALSE(goes_on_waiting(before, {{7, SYS_accept}, {9, SYS_futex}}, 0));
    CHECK_FALSE(goes_on_waiting(before, {{7, SYS_accept}, {8, -1}}, 0));
    CHECK_FALSE(goes_on_waiting(before, {{7, SYS_accept}, {8, SYS_write}}, 0));
}

TEST_CASE("the recorder keeps threads in futex(): so many may have come there, and no more") {
    const Stance before{{.thread = 7, .call = SYS_accept}, {.thread = 8, .call = SYS_ppoll}};
    const Stance one{{7, SYS_futex}, {8, SYS_ppoll}};
    const Stance both{{7, SYS_futex}, {8, SYS_futex}};
    CHECK(goes_on_waiting(before, one, 1));
    CHECK_FALSE(goes_on_waiting(before, one, 0));
    CHECK_FALSE(goes_on_waiting(before, both, 1));
}

TEST_CASE("a worker of which nobody waits in accept() is not said to wait") {
    const Stance in_a_loop{{.thread = 7, .call = SYS_epoll_pwait}};
    CHECK_FALSE(goes_on_waiting(in_a_loop, in_a_loop, 0));
}
