// SPDX-License-Identifier: MIT
#include "recycler/blame/growth.hpp"

#include <doctest/doctest.h>
#include <random>

using recycler::blame::Growth;

namespace {

constexpr double k_kibibyte = 1024;

// As the kernel's counters jitter.
Growth measured(int times, double bytes_each) {
    std::mt19937 random(7);
    std::uniform_real_distribution<double> jitter(-200 * k_kibibyte, 200 * k_kibibyte);
    Growth growth;
    for (int i = 0; i < times; ++i) {
        growth.add(static_cast<std::int64_t>(bytes_each + jitter(random)));
    }
    return growth;
}

} // namespace

TEST_CASE("without a measurement nothing has grown") {
    CHECK(Growth{}.mean() == 0);
    CHECK(Growth{}.certain() == 0);
}

TEST_CASE(
    "one measurement within the jitter of the kernel's counters is not certain, a great one is") {
    CHECK(measured(1, 200 * k_kibibyte).certain() == 0);
    Growth great;
    great.add(64 << 20);
    CHECK(great.certain() > 60 * k_kibibyte * k_kibibyte);
}

TEST_CASE("a small growth becomes certain when it is measured often, and jitter alone never does") {
    CHECK(measured(5, 20 * k_kibibyte).certain() == 0);
    CHECK(measured(2000, 20 * k_kibibyte).certain() > 10 * k_kibibyte);
    CHECK(measured(2000, 20 * k_kibibyte).certain() < 20 * k_kibibyte);
    CHECK(measured(2000, 0).certain() == 0);
}

TEST_CASE("a route that only ever shrinks has certainly not grown") {
    CHECK(measured(100, -500 * k_kibibyte).certain() == 0);
    CHECK(measured(100, -500 * k_kibibyte).mean() < 0);
}
