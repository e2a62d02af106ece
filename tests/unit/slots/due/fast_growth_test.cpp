// SPDX-License-Identifier: MIT
// Workers that grow fast and come due together, played through in virtual time: each is replaced
// before it reaches memory.max.
#include "tests/unit/slots/driver/play.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::slots;

namespace {

Played played(const Growers& growers, Duration how_long = 20s) {
    Play play(growers);
    play.run(how_long);
    const Played& outcome = play.outcome();
    CHECK(outcome.killed == 0);
    MESSAGE(outcome.recycled << " recycled, " << outcome.killed << " killed, peak "
                             << (outcome.peak.count >> 20) << " MiB, begun from "
                             << (outcome.least.count >> 20) << " MiB on");
    return outcome;
}

} // namespace

TEST_CASE("four workers that grow at 80 MiB/s together stay well below a limit 32 MiB above") {
    const Played outcome = played({});
    CHECK(outcome.recycled > 60);
    CHECK(outcome.peak < 92_MiB);
}

TEST_CASE("none of the first is killed that have idled and then grow fast and together") {
    for (const auto idle : {0, 150, 3000, 6000, 20'000}) {
        for (const auto start : {100, 150, 200}) {
            CAPTURE(idle);
            CAPTURE(start);
            const Growers growers{.start = 1ms * start, .busy = 1ms * start, .idle = 1ms * idle};
            CHECK(played(growers, 1ms * idle + 10s).recycled > 20);
        }
    }
}

TEST_CASE("twelve whose starts wait for a second start together") {
    const Played outcome =
        played({.slots = 12, .mib_a_second = 10, .start = 1s, .busy = 50ms}, 14s);
    CHECK(outcome.recycled >= 12);
}

TEST_CASE("where a start takes longer than memory.max leaves, it begins before the limit") {
    const Played outcome = played({.mib_a_second = 20, .start = 1s, .busy = 1s});
    CHECK(outcome.least < 50_MiB);
    CHECK(outcome.least > 34_MiB); // half of what a life may take
    CHECK(outcome.peak < 80_MiB);  // whoever has least time left is begun with first
}

TEST_CASE("who grows slowly is replaced at the limit, not before") {
    CHECK(played({.mib_a_second = 4, .start = 200ms, .busy = 200ms}, 60s).least >= 64_MiB);
}
