// SPDX-License-Identifier: MIT
// How long a worker has until memory.max, told from series as they come.
#include "recycler/triggers/growth/outlook.hpp"

#include <doctest/doctest.h>

using namespace recycler::triggers;
using namespace recycler;
using namespace std::chrono_literals;

namespace {

struct Sampling {
    Duration every = 1s;
    int times = 60;
    std::uint64_t requests = 0; // served from one sample to the next
};

// Samples of a worker whose bloat follows `bloat`, a function of the sample's number, in MiB.
template <typename Function>
Trend series(const Sampling& sampling, Function bloat) {
    Trend trend;
    for (int i = 0; i <= sampling.times; ++i) {
        const double mib = bloat(i);
        trend.add({.at = MonoTime{sampling.every * i},
                   .bloat = Bytes{static_cast<std::uint64_t>(mib * 1048576)},
                   .served = static_cast<std::uint64_t>(i) * sampling.requests});
    }
    return trend;
}

int whole(int all, int each) {
    return all / each;
}

double growth_in_mib(const Trend& trend, const Lives& lives = {}) {
    return *expected_growth(trend, lives) / 1048576;
}

// Some lives whose requests left 200 KiB each behind, 10 of them a second.
Lives leaky() {
    Lives lives;
    for (int i = 0; i < 5; ++i) {
        lives.add(series({.requests = 10}, [](int n) { return n * 10 * 0.1953125; }));
    }
    return lives;
}

} // namespace

TEST_CASE("steady growth is expected to go on") {
    const Trend steady = series({}, [](int i) { return 50 + 2.0 * i; });
    CHECK(growth_in_mib(steady) == doctest::Approx(2).epsilon(0.02));
    CHECK(*time_to(190_MiB, steady, {}) > 10s - 1ms);
    CHECK(*time_to(190_MiB, steady, {}) < 11s);
    CHECK(time_to(170_MiB, steady, {}) == 0s);
}

TEST_CASE("a staircase grows as its steps do, however steep they are") {
    // 5 MiB every ten seconds, each within a millisecond.
    const Trend stairs =
        series({.every = 500ms, .times = 119}, [](int i) { return 50 + 5.0 * whole(i, 20); });
    CHECK(growth_in_mib(stairs) <= 0.5);
    CHECK(growth_in_mib(stairs) >= 0.3);
    Trend just_after = stairs;
    just_after.add({.at = MonoTime{59505ms}, .bloat = 80_MiB});
    CHECK(*just_after.time_to(256_MiB) < 500ms); // what sampling has to go by
    CHECK(growth_in_mib(just_after) <= 0.6);
}

TEST_CASE("a saw that a garbage collector cuts back is between its net growth and its teeth") {
    // Teeth of 20 MiB in five seconds, of which 2 MiB stay.
    const Trend saw = series({}, [](int i) { return 50 + 4.0 * (i % 5) + 2.0 * whole(i, 5); });
    CHECK(growth_in_mib(saw) >= 0.2);
    CHECK(growth_in_mib(saw) <= 4.1);
    const Trend dropped = series({}, [](int i) { return i < 50 ? 50.0 + i : 60.0; });
    CHECK(growth_in_mib(dropped) <= 0.2);
}

TEST_CASE("one spike changes nothing, present or past") {
    const Trend present = series({}, [](int i) { return i == 60 ? 90.0 : 50.0; });
    CHECK_FALSE(time_to(100_MiB, present, {}));
    const Trend past = series({}, [](int i) { return i == 40 ? 90.0 : 50.0; });
    CHECK_FALSE(time_to(100_MiB, past, {}));
}

TEST_CASE("a sudden runaway is known after three looks at it") {
    Trend trend = series({}, [](int) { return 50.0; });
    for (int i = 1; i <= 3; ++i) {
        trend.add({.at = MonoTime{60s + i * 10ms},
                   .bloat = 50_MiB + Bytes{static_cast<std::uint64_t>(i) * 838'861}});
    }
    CHECK(growth_in_mib(trend) > 0.5); // of one second; the 100 ms before hold no further look
    for (int i = 4; i <= 12; ++i) {
        trend.add({.at = MonoTime{60s + i * 10ms},
                   .bloat = 50_MiB + Bytes{static_cast<std::uint64_t>(i) * 838'861}});
    }
    CHECK(growth_in_mib(trend) == doctest::Approx(80).epsilon(0.15));
}

TEST_CASE("an idle worker is expected to stay as it is, whatever others taught") {
    const Trend idle = series({}, [](int) { return 70.0; });
    CHECK(growth_in_mib(idle, leaky()) == 0);
    CHECK_FALSE(time_to(100_MiB, idle, leaky()));
}

TEST_CASE("one that serves is expected to leak as those before it, though it does not show yet") {
    const Trend flat = series({.requests = 20}, [](int) { return 50.0; });
    CHECK_FALSE(time_to(100_MiB, flat, {}));
    CHECK(growth_in_mib(flat, leaky()) == doctest::Approx(20 * 0.1953125));
    CHECK(*time_to(100_MiB, flat, leaky()) < 13s);
}

TEST_CASE("one that grows faster than those before it is taken at its own word") {
    const Trend fast = series({.requests = 1}, [](int i) { return 50 + 10.0 * i; });
    CHECK(growth_in_mib(fast, leaky()) == doctest::Approx(10).epsilon(0.02));
}

TEST_CASE("a new worker is expected to grow as its predecessors did in a second") {
    Trend fresh;
    CHECK_FALSE(time_to(100_MiB, fresh, leaky())); // not even its size is known
    fresh.add({.at = MonoTime{1s}, .bloat = 80_MiB});
    CHECK_FALSE(time_to(100_MiB, fresh, {}));
    CHECK(growth_in_mib(fresh, leaky()) == doctest::Approx(1.953125));
    CHECK(*time_to(100_MiB, fresh, leaky()) < 11s);
}

TEST_CASE("what the app has taught is the median of its last fifteen lives") {
    Lives lives;
    CHECK_FALSE(lives.growth_per_request());
    CHECK_FALSE(lives.growth_per_second());
    const auto live = [&lives](double mib) {
        lives.add(series({.requests = 10}, [mib](int i) { return i * 10 * mib; }));
    };
    live(1);
    CHECK(lives.growth_per_request() == 1_MiB);
    CHECK(lives.growth_per_second() == 10_MiB);
    live(100); // an odd one
    live(1);
    CHECK(lives.growth_per_request() == 1_MiB);
    for (int i = 0; i < 15; ++i) {
        live(2);
    }
    CHECK(lives.growth_per_request() == 2_MiB);
    live(50);
    live(50);
    CHECK(lives.growth_per_second() == 20_MiB);
}

TEST_CASE("a life too short to be measured teaches nothing") {
    Lives lives;
    lives.add({});
    Trend blink;
    blink.add({.at = MonoTime{1s}, .bloat = 5_MiB});
    blink.add({.at = MonoTime{1s + 99ms}, .bloat = 90_MiB, .served = 5});
    lives.add(blink);
    CHECK_FALSE(lives.growth_per_request());
    CHECK_FALSE(lives.growth_per_second());
}

TEST_CASE(
    "lives that were slow teach a busy worker by its requests, and an idle one by their time") {
    const auto in_mib = [](const Trend& trend, const Lives& lives) {
        return *taught_growth(trend, lives) / 1048576;
    };
    const Trend busy = series({.every = 100ms, .times = 20, .requests = 10}, [](int) { return 9; });
    const Trend idle = series({.every = 100ms, .times = 20}, [](int) { return 9; });
    CHECK(in_mib(busy, leaky()) == doctest::Approx(19.5).epsilon(0.02));
    CHECK(in_mib(idle, leaky()) == doctest::Approx(1.95).epsilon(0.02));
    CHECK_FALSE(taught_growth(busy, {}));
}
