// SPDX-License-Identifier: MIT
#include "recycler/keeper/restart.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::keeper;

namespace {

constexpr MonoTime at(Duration since_boot) {
    return MonoTime{since_boot};
}

// Turns from `start` until it is called hung; 1000 is never.
int turns_until_hung(Watchdog& watchdog) {
    for (int turn = 0; turn < 1000; ++turn) {
        if (watchdog.turn(watchdog.next_turn()) == Watchdog::Turn::hung) {
            return turn;
        }
    }
    return 1000;
}

} // namespace

TEST_CASE("a controller that dies is followed at once, and later and later when they die young") {
    Backoff backoff;
    CHECK(backoff.after(at(0s), at(1s)) == 0ms);
    CHECK(backoff.after(at(1s), at(2s)) == 50ms);
    CHECK(backoff.after(at(2s), at(3s)) == 100ms);
    CHECK(backoff.young_in_a_row() == 3);
    for (int i = 0; i < 20; ++i) {
        (void)backoff.after(at(3s), at(4s));
    }
    CHECK(backoff.after(at(4s), at(5s)) == 5s);
}

TEST_CASE("one that grew up clears the record") {
    Backoff backoff;
    (void)backoff.after(at(0s), at(1s));
    (void)backoff.after(at(1s), at(2s));
    CHECK(backoff.after(at(2s), at(12s)) == 0ms);
    CHECK(backoff.young_in_a_row() == 0);
    CHECK(backoff.after(at(12s), at(13s)) == 0ms);
}

TEST_CASE("an established controller is hung after three unanswered pings, 500 ms apart") {
    Watchdog watchdog{k_watchdog};
    watchdog.started(at(100s));
    watchdog.established();
    CHECK(watchdog.next_turn() == at(100s + 500ms));
    CHECK(turns_until_hung(watchdog) == 3);
    CHECK(watchdog.next_turn() == at(102s + 500ms));
}

TEST_CASE("any answer starts the count anew") {
    Watchdog watchdog{k_watchdog};
    watchdog.started(at(0s));
    watchdog.established();
    for (int i = 0; i < 100; ++i) {
        CHECK(watchdog.turn(watchdog.next_turn()) == Watchdog::Turn::ping);
        watchdog.heard();
    }
    CHECK(turns_until_hung(watchdog) == 3);
}

TEST_CASE("before it is established a controller has ten seconds") {
    Watchdog watchdog{k_watchdog};
    watchdog.started(at(0s));
    CHECK(turns_until_hung(watchdog) == 20);
}

TEST_CASE("a machine that stood still blames nobody") {
    Watchdog watchdog{k_watchdog};
    watchdog.started(at(0s));
    watchdog.established();
    CHECK(watchdog.turn(at(500ms)) == Watchdog::Turn::ping);
    CHECK(watchdog.turn(at(3600s)) == Watchdog::Turn::ping);
    CHECK(watchdog.next_turn() == at(3600s + 500ms));
}

TEST_CASE("the limit can be moved and switched off") {
    Watchdog quick{300ms};
    quick.started(at(0s));
    quick.established();
    CHECK(quick.next_turn() == at(100ms));
    CHECK(turns_until_hung(quick) == 3);
    Watchdog off{0ms};
    off.started(at(0s));
    off.established();
    CHECK(turns_until_hung(off) == 1000);
}
