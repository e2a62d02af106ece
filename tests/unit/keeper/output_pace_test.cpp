// SPDX-License-Identifier: MIT
#include "recycler/keeper/ring/output_pace.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::keeper;

namespace {

constexpr MonoTime k_boot{};

struct Spent {
    Duration working{};
    Duration longest_rest{};
};

// The output of workers that never stop writing, each reading of which takes as long.
Spent read_a_flood(Duration one_reading, Duration span) {
    OutputPace pace;
    Spent spent;
    for (MonoTime now{}; now < k_boot + span; now = pace.next()) {
        const MonoTime read = now + one_reading;
        pace.read(read, one_reading);
        spent.working += one_reading;
        spent.longest_rest = std::max(spent.longest_rest, pace.next() - read);
    }
    return spent;
}

} // namespace

TEST_CASE("what has not been read for a while is read at once") {
    OutputPace pace;
    CHECK(pace.next() <= k_boot);
    pace.read(k_boot + 60s, 20us);
    CHECK(pace.next() == k_boot + 60s + 10ms);
    pace.read(k_boot + 61s, 0us);
    CHECK(pace.next() == k_boot + 61s + 10ms);
}

TEST_CASE("a flood costs a fiftieth of a processor, whether one worker writes or all do") {
    for (const Duration one_reading : {20us, 50us, 200us, 1000us, 4000us}) {
        CAPTURE(one_reading.count());
        CHECK(read_a_flood(one_reading, 10s).working < 200ms + one_reading);
    }
}

TEST_CASE("a machine on which reading takes long lets no line wait for more than 250 ms") {
    CHECK(read_a_flood(5ms, 10s).longest_rest == 250ms);
    CHECK(read_a_flood(80ms, 10s).longest_rest == 250ms);
}
