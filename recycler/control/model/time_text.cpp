// SPDX-License-Identifier: MIT
// RFC 3339 times.
#include "recycler/control/json/json.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"

#include <chrono>
#include <cstdio>

namespace recycler::control {

namespace {

// A number that stands before `end`, within 0..most.
std::optional<int> take_field(std::string_view& text, std::size_t digits, char end, int most) {
    const auto number = text::take_digits(text, digits);
    if (!number || *number > most || !text::take(text, end)) {
        return std::nullopt;
    }
    return number;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
    using namespace std::chrono;
    const auto year_number = take_field(text, 4, '-', 9999);
    const auto month_number = year_number ? take_field(text, 2, '-', 12) : std::nullopt;
    const auto day_number = month_number ? take_field(text, 2, 'T', 31) : std::nullopt;
    if (!day_number) {
        return std::nullopt;
    }
    const year_month_day date{year{*year_number}, month(static_cast<unsigned>(*month_number)),
                              day(static_cast<unsigned>(*day_number))};
    // 64-bit nanoseconds reach from 1677 to 2262.
    if (!date.ok() || *year_number < 1678 || *year_number > 2261) {
        return std::nullopt;
    }
    return sys_days{date};
}

// "38.25": whole seconds and any fraction, of which nanoseconds are kept.
std::optional<Duration> take_seconds(std::string_view& text) {
    const auto whole = text::take_digits(text, 2);
    if (!whole || *whole > 60) { // 60: a leap second
        return std::nullopt;
    }
    Duration seconds = std::chrono::seconds{*whole};
    if (!text::take(text, '.')) {
        return seconds;
    }
    std::int64_t unit = 100'000'000;
    bool any = false;
    while (const auto digit = text::take_digits(text, 1)) {
        seconds += Duration{*digit * unit};
        unit /= 10;
        any = true;
    }
    return any ? std::optional(seconds) : std::nullopt;
}

} // namespace

std::string time_text(WallTime time) {
    using namespace std::chrono;
    const auto milliseconds_since = floor<milliseconds>(time);
    const auto midnight = floor<days>(milliseconds_since);
    const year_month_day date{midnight};
    const hh_mm_ss clock{milliseconds_since - midnight};
    char text[48];
    (void)std::snprintf(
        text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return text;
}

std::optional<WallTime> time_from_text(std::string_view text) {
    const auto date = take_date(text);
    const auto hour = date ? take_field(text, 2, ':', 23) : std::nullopt;
    const auto minute = hour ? take_field(text, 2, ':', 59) : std::nullopt;
    const auto seconds = minute ? take_seconds(text) : std::nullopt;
    if (!seconds || text != "Z") {
        return std::nullopt;
    }
    return WallTime{*date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} + *seconds;
}

} // namespace recycler::control
