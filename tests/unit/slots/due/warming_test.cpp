// SPDX-License-Identifier: MIT
// recycle.memory below what workers have when they have loaded all their pages, played through in
// virtual time: after a few recycles they serve on.
#include "tests/unit/slots/driver/play.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;

namespace {

struct Speeds {
    Duration start{};
    Duration loading{};
    Duration answering{};
};

// 6 MiB when it is ready, 24 with all its pages.
Growers warming(const Speeds& speeds, std::uint64_t seed) {
    return {.slots = 2,
            .start = speeds.start,
            .busy = speeds.start,
            .fresh = 6_MiB,
            .due = 20_MiB,
            .max = 128_MiB,
            .pages = {.count = 8,
                      .each = 2304_KiB,
                      .loading = speeds.loading,
                      .answering = speeds.answering,
                      .seed = seed}};
}

void is_let_be(const Speeds& speeds) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        CAPTURE(speeds.start.count());
        CAPTURE(speeds.loading.count());
        Play play(warming(speeds, seed));
        while (play.now() < k_start + 60s && !play.decider().holding()) {
            play.run(100ms);
        }
        REQUIRE(play.decider().holding());
        CHECK(play.decider().holding()->baseline >= 20_MiB);
        const std::size_t before = play.outcome().recycled;
        CHECK(before <= 20);
        play.run(30s);
        CHECK(play.decider().holding());
        CHECK(play.outcome().recycled <= before + 2); // those that had begun
        CHECK(play.outcome().killed == 0);
    }
}

} // namespace

TEST_CASE(
    "workers that start fast and load slowly are let be: each passes the limit in a request") {
    is_let_be({.start = 60ms, .loading = 100ms, .answering = 1ms});
}

TEST_CASE("those that start slowly and load fast show while they are replaced that they stay") {
    is_let_be({.start = 1s, .loading = 3ms, .answering = 1ms});
}

TEST_CASE("one that is let live on and stays is in no danger for what those before it did") {
    is_let_be({.start = 60ms, .loading = 30ms, .answering = 1ms});
}
