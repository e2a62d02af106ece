// SPDX-License-Identifier: MIT
// Units live in types, never in names. Pure code gets the time as an argument: MonoClock has no
// now() on purpose.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace recycler {

// An amount of memory.
struct Bytes {
    std::uint64_t count = 0;
    constexpr auto operator<=>(const Bytes&) const = default;
    friend constexpr Bytes operator+(Bytes a, Bytes b) { return {a.count + b.count}; }
    // Saturates at 0: memory counters are read one after another and may disagree for an instant.
    friend constexpr Bytes operator-(Bytes a, Bytes b) {
        return {a.count > b.count ? a.count - b.count : 0};
    }
};
constexpr Bytes operator""_KiB(unsigned long long n) {
    return {n << 10};
}
constexpr Bytes operator""_MiB(unsigned long long n) {
    return {n << 20};
}
constexpr Bytes operator""_GiB(unsigned long long n) {
    return {n << 30};
}

using Duration = std::chrono::nanoseconds;

// CLOCK_MONOTONIC of this boot, in nanoseconds. The keeper, the recorder and the controller all
// speak it, so a time that one of them wrote is valid in the others.
struct MonoClock {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<MonoClock>;
    static constexpr bool is_steady = true;
};
using MonoTime = MonoClock::time_point;

// CLOCK_REALTIME, for people and logs only. No decision looks at it.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

} // namespace recycler
