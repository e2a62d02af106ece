// SPDX-License-Identifier: MIT
#include "recycler/explain/lines/log_time.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"

#include <algorithm>

namespace recycler::explain {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

// What was read; a year or a zone that the text does not have is empty.
struct Read {
    std::optional<int> year;
    int month = 0;
    int day = 0;
    Duration clock{};
    std::optional<Seconds> ahead{};
};

// Lines of several processes may stand a little out of order.
constexpr Duration k_out_of_order = minutes(10);

std::optional<int> take_month(std::string_view& text) {
    constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const std::size_t at = text.size() < 3 ? std::string_view::npos : names.find(text.substr(0, 3));
    if (at == std::string_view::npos || at % 3 != 0) {
        return std::nullopt;
    }
    text.remove_prefix(3);
    return static_cast<int>(at / 3) + 1;
}

// "38.25": nanoseconds are kept.
Duration take_fraction(std::string_view& text) {
    Duration fraction{};
    if (text.size() < 2 || text[0] != '.' || !text::is_digit(text[1])) {
        return fraction;
    }
    text.remove_prefix(1);
    for (std::int64_t unit = 100'000'000; !text.empty() && text::is_digit(text[0]); unit /= 10) {
        fraction += Duration((text[0] - '0') * unit);
        text.remove_prefix(1);
    }
    return fraction;
}

bool take_clock(std::string_view& text, Read& into) {
    const auto hour = text::take_digits(text, 2);
    const bool one = hour && *hour < 24 && text::take(text, ":");
    const auto minute = one ? text::take_digits(text, 2) : std::nullopt;
    const bool two = minute && *minute < 60 && text::take(text, ":");
    const auto second = two ? text::take_digits(text, 2) : std::nullopt;
    if (!second || *second > 60) { // 60: a leap second
        return false;
    }
    into.clock = hours(*hour) + minutes(*minute) + Seconds(*second) + take_fraction(text);
    return true;
}

// "2008-01-09", "2026/11/23".
bool take_date(std::string_view& text, std::string_view mark, Read& into) {
    into.year = text::take_digits(text, 4);
    const bool one = into.year && text::take(text, mark);
    const auto month = one ? text::take_digits(text, 2) : std::nullopt;
    const bool two = month && text::take(text, mark);
    const auto day = two ? text::take_digits(text, 2) : std::nullopt;
    into.month = month.value_or(0);
    into.day = day.value_or(0);
    return day.has_value();
}

// "Nov 23 ", "Nov  3 ".
bool take_month_and_day(std::string_view& text, Read& into) {
    const auto month = take_month(text);
    if (!month || !text::take(text, " ")) {
        return false;
    }
    const auto day =
        text::take(text, " ") ? text::take_digits(text, 1) : text::take_digits(text, 2);
    into.month = *month;
    into.day = day.value_or(0);
    return day && text::take(text, " ");
}

std::optional<Seconds> take_ahead(std::string_view& text) {
    if (text::take(text, "Z") || text::take(text, "UTC")) {
        return Seconds(0);
    }
    std::string_view rest = text;
    const bool behind = text::take(rest, "-");
    if (!behind && !text::take(rest, "+")) {
        return std::nullopt;
    }
    const auto hour = text::take_digits(rest, 2);
    (void)text::take(rest, ":");
    const auto minute = hour ? text::take_digits(rest, 2) : std::nullopt;
    if (!minute || *hour > 15 || *minute > 59) {
        return std::nullopt;
    }
    text = rest;
    const Seconds ahead = hours(*hour) + minutes(*minute);
    return behind ? -ahead : ahead;
}

bool take_apache(std::string_view& text, Read& into) {
    if (text.size() < 4 || text[3] != ' ') {
        return false;
    }
    text.remove_prefix(4); // the day of the week
    if (!take_month_and_day(text, into) || !take_clock(text, into) || !text::take(text, " ")) {
        return false;
    }
    into.year = text::take_digits(text, 4);
    return into.year.has_value();
}

bool take_haproxy(std::string_view& text, Read& into) {
    const auto day = text::take_digits(text, 2);
    const bool one = day && text::take(text, "/");
    const auto month = one ? take_month(text) : std::nullopt;
    const bool two = month && text::take(text, "/");
    into.year = two ? text::take_digits(text, 4) : std::nullopt;
    into.month = month.value_or(0);
    into.day = day.value_or(0);
    return into.year && text::take(text, ":") && take_clock(text, into);
}

// The weekday, the time, the zone's name.
bool take_journal_time(std::string_view& text, Read& into) {
    (void)text::take_until(text, " ");
    const bool read = take_date(text, "-", into) && text::take(text, " ") && take_clock(text, into);
    if (!read || !text::take(text, " ")) {
        return false;
    }
    std::string_view zone = text.substr(0, text.find(' '));
    text.remove_prefix(zone.size());
    if (zone == "GMT") {
        zone = "UTC";
    }
    into.ahead = take_ahead(zone);
    return true;
}

// Ten digits: from 2001 to 2286.
bool take_epoch(std::string_view& text, Read& into) {
    constexpr std::size_t k_digits = 10;
    std::string_view rest = text.substr(0, k_digits);
    const auto seconds = text::take_number<std::int64_t>(rest);
    if (!seconds || *seconds < 1'000'000'000 || !rest.empty() || text.size() <= k_digits ||
        text[k_digits] != '.') {
        return false;
    }
    text.remove_prefix(k_digits);
    const std::chrono::sys_seconds at{Seconds(*seconds)};
    const auto day = std::chrono::floor<days>(at);
    const std::chrono::year_month_day date(day);
    into.year = static_cast<int>(date.year());
    into.month = static_cast<int>(static_cast<unsigned>(date.month()));
    into.day = static_cast<int>(static_cast<unsigned>(date.day()));
    into.clock = at - day + take_fraction(text);
    into.ahead = Seconds(0);
    return true;
}

bool take_form(TimeForm form, std::string_view& text, Read& into) {
    switch (form) {
    case TimeForm::lighttpd:
        return take_date(text, "-", into) && text::take(text, " ") && take_clock(text, into);
    case TimeForm::nginx:
        return take_date(text, "/", into) && text::take(text, " ") && take_clock(text, into);
    case TimeForm::apache:
        return take_apache(text, into);
    case TimeForm::haproxy:
        return take_haproxy(text, into);
    case TimeForm::syslog:
        return take_month_and_day(text, into) && take_clock(text, into);
    case TimeForm::iso:
        if (!take_date(text, "-", into) || !text::take(text, "T") || !take_clock(text, into)) {
            return false;
        }
        into.ahead = take_ahead(text);
        return true;
    case TimeForm::journal:
        return take_journal_time(text, into);
    case TimeForm::epoch:
        return take_epoch(text, into);
    }
    return false;
}

std::optional<LocalTime> local_time(const Read& read, int this_year) {
    using namespace std::chrono;
    const year_month_day date{year(read.year.value_or(this_year)),
                              month(static_cast<unsigned>(read.month)),
                              day(static_cast<unsigned>(read.day))};
    // 64-bit nanoseconds reach from 1677 to 2262.
    if (!date.ok() || date.year() < year(1678) || date.year() > year(2261)) {
        return std::nullopt;
    }
    return LocalTime(local_days(date)) + read.clock;
}

int year_of(WallTime time) {
    return static_cast<int>(std::chrono::year_month_day(std::chrono::floor<days>(time)).year());
}

} // namespace

std::optional<Zone> fixed_zone(std::string_view text) {
    const auto ahead = take_ahead(text);
    if (!ahead || !text.empty()) {
        return std::nullopt;
    }
    return Zone{{.since = {}, .ahead = *ahead}};
}

std::optional<WallTime> from_microseconds(std::string_view text) {
    constexpr std::int64_t k_latest = 7'258'118'400'000'000; // nanoseconds reach little further
    const auto count = text::number_in<std::int64_t>(text);
    return count && *count >= 0 && *count < k_latest
               ? std::optional(WallTime(std::chrono::microseconds(*count)))
               : std::nullopt;
}

std::optional<WallTime> LogClock::take(TimeForm form, std::string_view& line) {
    const std::string_view known(known_text_.data(), known_size_);
    // A digit more may follow: a fraction of which the last time had less.
    const bool ends = line.size() == known_size_ ||
                      (line.size() > known_size_ && !text::is_digit(line[known_size_]));
    if (known_size_ > 0 && form == known_form_ && ends && line.starts_with(known)) {
        line.remove_prefix(known_size_);
        return known_;
    }
    Read read;
    std::string_view rest = line;
    if (!take_form(form, rest, read)) {
        return std::nullopt;
    }
    auto local = local_time(read, year_of(newest_));
    if (local && !read.year && utc(*local) > newest_ + days(1)) {
        local = local_time(read, year_of(newest_) - 1);
    }
    if (!local) {
        return std::nullopt;
    }
    const WallTime at =
        read.ahead ? WallTime(local->time_since_epoch() - *read.ahead) : utc(*local);
    const std::size_t size = line.size() - rest.size();
    known_size_ = size <= known_text_.size() ? size : 0;
    std::copy_n(line.begin(), known_size_, known_text_.begin());
    known_form_ = form;
    known_ = last_ = at;
    known_has_zone_ = read.ahead.has_value();
    line = rest;
    return at;
}

// Of the zone's offsets around that time, one or two give a time at which they hold; none does in
// an hour that does not exist, which is read as if the clock had not been changed.
WallTime LogClock::utc(LocalTime local) {
    const WallTime plain(local.time_since_epoch());
    if (zone_.empty()) {
        return plain;
    }
    auto change = std::ranges::upper_bound(zone_, std::chrono::floor<Seconds>(plain) - days(1), {},
                                           &ZoneChange::since);
    change -= change == zone_.begin() ? 0 : 1;
    std::optional<WallTime> first;
    std::optional<WallTime> last;
    const WallTime unchanged = plain - change->ahead;
    for (auto begun = zone_.begin(); change != zone_.end(); ++change) {
        const WallTime at = plain - change->ahead;
        const auto next = std::next(change);
        if (next != zone_.end() && at >= next->since) {
            continue;
        }
        if (change == begun || at >= change->since) {
            first = first.value_or(at);
            last = at;
        }
        if (change->since > plain + days(1)) {
            break;
        }
    }
    const WallTime early = first.value_or(unchanged);
    return early + k_out_of_order < last_ ? last.value_or(unchanged) : early;
}

} // namespace recycler::explain
