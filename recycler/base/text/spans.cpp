// SPDX-License-Identifier: MIT
#include "recycler/base/text/spans.hpp"

#include "recycler/base/text/decimals.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace recycler::text {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::seconds;

constexpr std::int64_t k_minute = 60;
constexpr std::int64_t k_hour = 60 * k_minute;
constexpr std::int64_t k_day = 24 * k_hour;

// A policy's unit in nanoseconds.
struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr std::uint64_t k_us = 1'000;
constexpr std::uint64_t k_ms = 1'000 * k_us;
constexpr std::uint64_t k_s = 1'000 * k_ms;

// "2h 13min", "2h".
std::string two_units(std::int64_t large, std::string_view large_unit, std::int64_t small,
                      std::string_view small_unit) {
    std::string text = std::to_string(large).append(large_unit);
    return small == 0 ? text : text + " " + std::to_string(small).append(small_unit);
}

std::string below_a_minute(std::uint64_t ns) {
    const Unit unit = ns >= k_s - k_ms / 20    ? Unit{"s", k_s}
                      : ns >= k_ms - k_us / 20 ? Unit{"ms", k_ms}
                      : ns >= k_us             ? Unit{"us", k_us}
                                               : Unit{"ns", 1};
    return one_decimal_up(static_cast<double>(ns) / static_cast<double>(unit.factor))
        .append(unit.name);
}

} // namespace

std::string span_text(Duration span) {
    if (span < Duration::zero()) {
        return span == Duration::min() ? "-292y" : "-" + span_text(-span);
    }
    const auto ns = static_cast<std::uint64_t>(span.count());
    if (ns == 0) {
        return "0s";
    }
    // From 59.95 s on, one decimal would show 60.0s.
    if (ns < k_minute * k_s - k_ms * 50) {
        return below_a_minute(ns);
    }
    constexpr std::array steps{Unit{"s", k_s}, Unit{"min", k_minute * k_s}, Unit{"h", k_hour * k_s},
                               Unit{"d", k_day * k_s}};
    std::size_t great = steps.size() - 1;
    // The smaller of the two units shown is rounded, so what rounds up to the next great one
    // belongs there.
    while (great > 1 && ns + steps.at(great - 1).factor / 2 < steps.at(great).factor) {
        --great;
    }
    const Unit& small = steps.at(great - 1);
    const std::uint64_t rounded = (ns + small.factor / 2) / small.factor;
    const std::uint64_t per_great = steps.at(great).factor / small.factor;
    return two_units(static_cast<std::int64_t>(rounded / per_great), steps.at(great).name,
                     static_cast<std::int64_t>(rounded % per_great), small.name);
}

std::string recorded_span(Duration span) {
    const std::int64_t whole = std::chrono::floor<seconds>(span).count();
    if (whole < 1) {
        return fixed(static_cast<double>(span.count()) / 1e9, 2) + "s";
    }
    if (whole < k_minute) {
        return one_decimal(static_cast<double>(span.count()) / 1e9) + "s";
    }
    if (whole < k_hour) {
        return two_units(whole / k_minute, "min", whole % k_minute, "s");
    }
    if (whole < k_day) {
        return two_units(whole / k_hour, "h", whole % k_hour / k_minute, "min");
    }
    return two_units(whole / k_day, "d", whole % k_day / k_hour, "h");
}

std::string short_span(Duration span) {
    const std::int64_t whole = duration_cast<seconds>(span).count();
    if (whole < k_minute) {
        return std::to_string(whole) + "s";
    }
    if (whole < k_hour) {
        return std::to_string(whole / k_minute) + "m";
    }
    if (whole < 2 * k_day) {
        return std::to_string(whole / k_hour) + "h";
    }
    return std::to_string(whole / k_day) + "d";
}

std::string long_span(Duration span) {
    const std::int64_t whole = duration_cast<seconds>(span).count();
    if (whole < 10) {
        return fixed(duration<double>(span).count(), 1) + " s";
    }
    if (whole < k_minute) {
        return std::to_string(whole) + " s";
    }
    if (whole < k_hour) {
        return two_units(whole / k_minute, " min", whole % k_minute, " s");
    }
    if (whole < 2 * k_day) {
        return two_units(whole / k_hour, " h", whole % k_hour / k_minute, " min");
    }
    return two_units(whole / k_day, " d", whole % k_day / k_hour, " h");
}

std::string request_span(Duration span) {
    if (span >= seconds(1)) {
        return long_span(span);
    }
    const auto micros = std::chrono::round<std::chrono::microseconds>(span).count();
    const std::string whole = std::to_string(micros / 1000);
    return (micros < 10'000 ? whole + "." + std::to_string(micros % 1000 / 100) : whole) + " ms";
}

std::string ticking_span(Duration span) {
    const std::int64_t whole = std::chrono::floor<seconds>(span).count();
    return whole < k_minute ? std::to_string(whole) + " s"
                            : std::to_string(whole / k_minute) + " min " +
                                  std::to_string(whole % k_minute) + " s";
}

} // namespace recycler::text
