// SPDX-License-Identifier: MIT
// What becomes of a signal to a real process, and whether it can know of it.
#include "recycler/worker/signals/signal_fate.hpp"

#include "recycler/worker/look/stance.hpp"
#include "tests/kernel/listener/rig.hpp"

#include <algorithm>
#include <csignal>
#include <doctest/doctest.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace recycler::worker;

namespace {

SignalFate fate(const rig::Worker& worker) {
    const auto seen = fate_of(worker.pid(), SIGTERM, LookTime{});
    REQUIRE(seen);
    return *seen;
}

// Sleeps on, once it has begun to take SIGTERM so.
[[noreturn]] void sleep_with(void (*handler)(int)) {
    (void)std::signal(SIGTERM, handler);
    for (;;) {
        (void)::pause();
    }
}
[[noreturn]] void sleep_blocked() {
    sigset_t set;
    (void)::sigemptyset(&set);
    (void)::sigaddset(&set, SIGTERM);
    (void)::sigprocmask(SIG_BLOCK, &set, nullptr);
    for (;;) {
        (void)::pause();
    }
}
bool is_paused(const rig::Worker& worker) {
    const auto stance = stance_of(worker.processes(), LookTime{});
    return rig::is_known(stance) && std::ranges::any_of(*stance, [](const ThreadStance& each) {
               return each.call == SYS_pause;
           });
}
void take(int /*signal*/) {}
void ignore_from_now_on(int /*signal*/) {
    (void)std::signal(SIGTERM, SIG_IGN);
}

struct Pair {
    rig::Slot slot = rig::open_slot("127.0.0.1");
    rig::Worker worker;
    explicit Pair(const std::function<void()>& body) : worker(slot.listener.get(), body) {}
};

} // namespace

TEST_CASE("a process that ignores a signal cannot know of it") {
    const Pair one([] { sleep_with(SIG_IGN); });
    REQUIRE(rig::eventually([&] { return fate(one.worker).ignored; }));
    const SignalFate before = fate(one.worker);
    REQUIRE(::kill(one.worker.pid(), SIGTERM) == 0);
    CHECK(is_unheard(before, fate(one.worker)));
}

TEST_CASE("nor does one that blocks it in each of its threads, as long as it is pending") {
    const Pair one([] { sleep_blocked(); });
    REQUIRE(rig::eventually([&] { return fate(one.worker).blocked; }));
    const SignalFate before = fate(one.worker);
    CHECK_FALSE(is_unheard(before, before)); // nothing has come
    REQUIRE(::kill(one.worker.pid(), SIGTERM) == 0);
    CHECK(is_unheard(before, fate(one.worker)));
}

TEST_CASE("who catches it may know, also when it ignores the signal from then on") {
    for (const auto handler : {+take, +ignore_from_now_on}) {
        const Pair one([handler] { sleep_with(handler); });
        REQUIRE(rig::eventually([&] { return is_paused(one.worker); }));
        const SignalFate before = fate(one.worker);
        const bool can_know = !before.ignored && !before.blocked;
        REQUIRE(can_know);
        REQUIRE(::kill(one.worker.pid(), SIGTERM) == 0);
        CHECK_FALSE(is_unheard(before, fate(one.worker)));
    }
}

TEST_CASE("one that has ended takes nothing, and of one that is gone nothing is known") {
    Pair one([] { ::_exit(0); });
    REQUIRE(rig::eventually([&] { return fate(one.worker).ended; }));
    CHECK_FALSE(is_unheard({.ignored = true}, {.ignored = true, .ended = true}));
    const pid_t pid = one.worker.pid();
    CHECK(one.worker.wait() == 0);
    CHECK_FALSE(fate_of(pid, SIGTERM, LookTime{}));
}
