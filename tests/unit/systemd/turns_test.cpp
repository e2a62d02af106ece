// SPDX-License-Identifier: MIT
// How long turns took: the counting, and what a loop counts.
#include "systemd/event_loop.hpp"

#include <ctime>
#include <doctest/doctest.h>

using namespace systemd;
using namespace std::chrono_literals;
using recycler::Duration;

namespace {

Duration cpu_now() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
}

} // namespace

TEST_CASE("a turn is counted at the first step that it does not exceed, by each clock") {
    Turns turns;
    turns.add(1ms, 10us);
    turns.add(1ms + 1ns, 1ms);
    turns.add(2h, 6ms);
    CHECK(turns.count == 3);
    CHECK(turns.took == Turns::Counts{1, 1, 0, 0, 0, 1});
    CHECK(turns.used == Turns::Counts{2, 0, 1, 0, 0, 0});
    CHECK(turns.longest == 2h);
    CHECK(turns.longest_cpu == 6ms);
    CHECK(turns.longest_waiting == 2h - 6ms);
}

TEST_CASE("a loop tells computing from waiting, and how long the present turn has run") {
    auto loop = EventLoop::create();
    REQUIRE(loop);
    auto computes = loop->add_deferred([] {
        for (const Duration until = cpu_now() + 6ms; cpu_now() < until;) {
        }
    });
    auto waits = loop->add_deferred(
        [&] {
            constexpr timespec nap{.tv_sec = 0, .tv_nsec = 30'000'000};
            (void)::nanosleep(&nap, nullptr);
            CHECK(loop->taken() >= 30ms);
            loop->exit(0);
        },
        Priority::last);
    REQUIRE(computes);
    REQUIRE(waits);
    computes->schedule();
    waits->schedule();
    REQUIRE(loop->run());
    const Turns& turns = loop->turns();
    CHECK(turns.longest_cpu >= 6ms);
    CHECK(turns.longest >= 30ms);
    CHECK(turns.longest_waiting >= 30ms - turns.longest_cpu);
    CHECK(turns.used[0] + turns.used[1] < turns.count); // the one that computed is in neither
}
