// SPDX-License-Identifier: MIT
#include "recycler/worker/signals/signal_pace.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::worker;

namespace {

constexpr MonoTime at(std::int64_t microseconds) {
    return MonoTime(std::chrono::seconds(100) + std::chrono::microseconds(microseconds));
}

} // namespace

TEST_CASE("a few signals are each looked at as they come") {
    SignalPace pace;
    for (int i = 0; i < 1000; ++i) {
        CHECK(pace.pause_after(at(i * 1000), 1) == Duration::zero());
    }
    CHECK(pace.pause_after(at(2'000'000), k_few_signals) == Duration::zero());
}

TEST_CASE("who sends without end wakes nobody oftener than there are pauses") {
    SignalPace pace;
    int looks = 0;
    std::int64_t read_to = 0;
    for (std::int64_t now = 0; now < 1'000'000; ++looks) { // one signal in ten microseconds
        const Duration pause =
            pace.pause_after(at(now), static_cast<std::size_t>(now - read_to) / 10);
        read_to = now;
        now += pause > Duration::zero()
                   ? std::chrono::duration_cast<std::chrono::microseconds>(pause).count()
                   : 10;
    }
    CHECK(looks > 0);
    CHECK(looks < 300); // without pauses: 100000
}
