// SPDX-License-Identifier: MIT
#include "recycler/triggers/growth/sampling.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <random>

using namespace policies;
using namespace recycler::triggers;
using namespace recycler;

namespace {

Recycle at_80() {
    Recycle recycle;
    recycle.memory = 80_MiB;
    return recycle;
}

Memory max_100() {
    Memory memory;
    memory.max = 100_MiB;
    return memory;
}

// A worker in virtual time: what it looks like at each instant.
using Worker = std::function<Sample(Duration)>;

struct Watch {
    std::vector<Duration> looks;
    Duration crossed{}; // the first look at or above the threshold
};

// Samples the worker as the controller would, until it is seen at the threshold.
Watch watch(const Worker& worker, Bytes threshold, Duration begin = 0s) {
    Watch seen;
    Trend trend;
    Recycle recycle;
    recycle.memory = threshold;
    Memory memory;
    memory.max = threshold + threshold;
    for (Duration now = begin; now < begin + 1h;) {
        Sample sample = worker(now);
        sample.at = MonoTime{now};
        trend.add(sample);
        seen.looks.push_back(now);
        if (sample.bloat >= threshold) {
            seen.crossed = now;
            return seen;
        }
        now += next_sample(trend, recycle, memory);
    }
    FAIL("the worker never reached its threshold");
    return seen;
}

// Every look that begins within the last 100 ms before `crossing` is followed by one at most 10 ms
// later.
bool dense_before(const Watch& seen, Duration crossing) {
    Duration last = Duration::min();
    for (const Duration look : seen.looks) {
        if (last != Duration::min() && look > crossing - 100ms && last < crossing) {
            const Duration blind = look - std::max(last, crossing - 100ms);
            if (blind > 10ms) {
                return false;
            }
        }
        last = look;
    }
    return true;
}

// 20 MB/s from `onset` on.
Bytes grown(Duration now, Duration onset, Bytes start) {
    if (now <= onset) {
        return start;
    }
    return {start.count +
            static_cast<std::uint64_t>((now - onset).count()) * 20'000'000 / 1'000'000'000};
}

Duration crossing(Duration onset, Bytes start, Bytes threshold) {
    return onset + Duration{static_cast<Duration::rep>((threshold - start).count * 50)};
}

} // namespace

TEST_CASE("an idle worker far from its thresholds is looked at every second") {
    Trend trend;
    trend.add({.at = MonoTime{0s}, .bloat = 10_MiB});
    CHECK(next_sample(trend, at_80(), max_100()) == 1s);
    trend.add({.at = MonoTime{1s}, .bloat = 10_MiB});
    CHECK(next_sample(trend, at_80(), max_100()) == 1s);
}

TEST_CASE("a worker that serves is looked at every 250 ms") {
    Trend trend;
    trend.add({.at = MonoTime{0s}, .bloat = 10_MiB, .in_flight = 1});
    CHECK(next_sample(trend, at_80(), max_100()) == 250ms);
    CHECK(next_sample(trend, Recycle{}, Memory{}) == 250ms);
}

TEST_CASE("a worker never looked at is looked at now") {
    CHECK(next_sample(Trend{}, at_80(), max_100()) == 0s);
}

TEST_CASE("an idle worker close to a threshold costs no more than ten looks a second") {
    Trend trend;
    trend.add({.at = MonoTime{0s}, .bloat = 80_MiB - Bytes{1}});
    CHECK(next_sample(trend, at_80(), max_100()) == 100ms);
    trend.add({.at = MonoTime{100s}, .bloat = 80_MiB - Bytes{1}});
    CHECK(next_sample(trend, at_80(), max_100()) == 100ms);
}

TEST_CASE("a worker that is due already is watched for memory.max") {
    Trend trend;
    trend.add({.at = MonoTime{0s}, .bloat = 99_MiB, .in_flight = 1});
    CHECK(next_sample(trend, at_80(), max_100()) == 10ms);
}

TEST_CASE("no threshold is left above memory.max") {
    Trend trend;
    trend.add({.at = MonoTime{0s}, .bloat = 100_MiB});
    CHECK(next_sample(trend, at_80(), max_100()) == 1s);
}

TEST_CASE("the interval is half of what is left until 100 ms before the crossing") {
    Trend trend;
    trend.add({.at = MonoTime{0s}, .bloat = 78_MiB - 20_KiB});
    trend.add({.at = MonoTime{1s}, .bloat = 78_MiB - 10_KiB, .in_flight = 1});
    // 2 MiB and 10 KiB are left: at a sudden 20 MB/s that is 105 ms.
    CHECK(next_sample(trend, at_80(), Memory{}) == 10ms);
    Trend fast;
    fast.add({.at = MonoTime{0s}, .bloat = 0_MiB});
    fast.add({.at = MonoTime{1s}, .bloat = 60_MiB});
    // 20 MiB at 60 MiB/s: (333 - 100) / 2.
    const Duration next = next_sample(fast, at_80(), Memory{});
    CHECK(next > 116ms);
    CHECK(next < 117ms);
}

TEST_CASE("a worker that grows 20 MB/s is looked at every 10 ms before it crosses") {
    const Worker worker = [](Duration now) {
        return Sample{.bloat = grown(now, 0s, 57_MiB), .in_flight = 1};
    };
    const Watch seen = watch(worker, 205_MiB);
    const Duration true_crossing = crossing(0s, 57_MiB, 205_MiB);
    CHECK(dense_before(seen, true_crossing));
    CHECK(seen.crossed - true_crossing <= 10ms);
    // And cheap until then: 7.7 s, most of them at 250 ms.
    CHECK(seen.looks.size() < 60);
}

TEST_CASE("a sudden onset of growth in a serving worker is met at any distance and any instant") {
    std::mt19937_64 random{1};
    for (int round = 0; round < 500; ++round) {
        const Duration onset = 3s + Duration{static_cast<Duration::rep>(random() % 2'000'000'000)};
        const Bytes start{50'000'000 + random() % 100'000'000};
        const Bytes threshold{start.count + 2'000'000 + random() % 60'000'000};
        const Worker worker = [&](Duration now) {
            return Sample{.bloat = grown(now, onset, start), .in_flight = 1};
        };
        const Watch seen = watch(worker, threshold);
        const Duration true_crossing = crossing(onset, start, threshold);
        CAPTURE(threshold.count - start.count);
        CAPTURE(onset.count());
        CHECK(dense_before(seen, true_crossing));
        CHECK(seen.crossed - true_crossing <= 10ms);
    }
}

TEST_CASE("a sudden onset in a worker that was idle until then is met from 4 MB away on") {
    std::mt19937_64 random{2};
    for (int round = 0; round < 500; ++round) {
        const Duration onset = 3s + Duration{static_cast<Duration::rep>(random() % 2'000'000'000)};
        const Bytes start{50'000'000};
        const Bytes threshold{start.count + 4'200'000 + random() % 80'000'000};
        const Worker worker = [&](Duration now) {
            return Sample{.bloat = grown(now, onset, start), .in_flight = now > onset ? 1U : 0U};
        };
        const Watch seen = watch(worker, threshold);
        const Duration true_crossing = crossing(onset, start, threshold);
        CAPTURE(threshold.count - start.count);
        CAPTURE(onset.count());
        CHECK(dense_before(seen, true_crossing));
        CHECK(seen.crossed - true_crossing <= 10ms);
    }
}

TEST_CASE("a leak of a few hundred bytes a request costs few looks") {
    const Worker worker = [](Duration now) {
        const auto served = static_cast<std::uint64_t>(now.count() / 20'000'000);
        return Sample{.bloat = Bytes{200'000'000 + served * 700}, .served = served};
    };
    const Watch seen = watch(worker, Bytes{205'000'000});
    const Duration lasted = seen.crossed;
    CHECK(lasted > 140s);
    // 143 s; at 10 ms it would be 14,300 looks.
    CHECK(seen.looks.size() < 8000);
}

TEST_CASE("a count is looked at halfway to its limit, and when that is near, as it gets there") {
    CHECK(sample_before(10s) == 5s);
    CHECK(sample_before(20ms) == 10ms);
    CHECK(sample_before(20ms - 1ns) == 20ms - 1ns);
    CHECK(sample_before(3ms) == 3ms);
    CHECK(sample_before(1us) == 1ms);
    CHECK(sample_before(0s) == 10ms); // it is due already
}
