// SPDX-License-Identifier: MIT
#include "recycler/triggers/spread.hpp"

#include <algorithm>

namespace recycler::triggers {
namespace {

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): neighbouring inputs give unrelated
// outputs.
std::uint64_t mix(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

// In [0, 1).
double draw(std::uint64_t seed) {
    return static_cast<double>(mix(seed) >> 11) * 0x1p-53;
}

// How much of `limit` this seed gives up: at most the spread, and never all of it.
std::uint64_t given_up(std::uint64_t limit, policies::Percent spread, std::uint64_t seed) {
    if (limit <= 1) {
        return 0;
    }
    const double most = static_cast<double>(limit) / 100 * std::clamp(spread.value, 0.0, 100.0);
    return std::min(static_cast<std::uint64_t>(most * draw(seed)), limit - 1);
}

} // namespace

std::uint64_t seed_of(recycler::WorkerId worker) {
    return mix((std::uint64_t{worker.slot.index} << 32) | worker.generation);
}

std::uint64_t spread_requests(std::uint64_t limit, policies::Percent spread, std::uint64_t seed) {
    return limit - given_up(limit, spread, seed);
}

Duration spread_age(Duration limit, policies::Percent spread, std::uint64_t seed) {
    if (limit <= Duration::zero()) {
        return limit;
    }
    const auto given = given_up(static_cast<std::uint64_t>(limit.count()), spread, seed);
    return limit - Duration{static_cast<Duration::rep>(given)};
}

} // namespace recycler::triggers
