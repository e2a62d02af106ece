// SPDX-License-Identifier: MIT
// The times that balancers write, as UTC. Most write local time without saying which: the zone
// comes from outside, as a table of its changes. Pure: no clock, no time zone files.
#pragma once

#include "recycler/base/units.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace recycler::explain {

using Seconds = std::chrono::seconds;
using LocalTime = std::chrono::local_time<Duration>;

// Since when (UTC) local time is ahead of UTC by how much. The first one holds before it, too; an
// empty table is UTC.
struct ZoneChange {
    std::chrono::sys_seconds since;
    Seconds ahead{};
};
using Zone = std::vector<ZoneChange>;

// "+02:00", "-0330", "Z", "UTC": a zone without changes.
std::optional<Zone> fixed_zone(std::string_view text);

enum class TimeForm {
    lighttpd, // 2008-01-09 11:21:43
    nginx,    // 2026/11/23 17:03:59
    apache,   // Mon Nov 23 17:04:25.904175 2026; without a fraction up to 2.2
    haproxy,  // 23/Nov/2026:17:04:46.754
    syslog,   // Nov 23 17:04:46
    iso,      // 2026-11-23T17:04:46.754+01:00, or without a zone
    journal,  // Mon 2026-11-23 17:04:46 CET, whose zone is no number
    epoch,    // 1795453477.123456, seconds of 1970
};

// Reads times of one log. An hour that comes twice, when summer ends, is told apart by the order of
// the lines; times without a year are at most a day after the newest one that can be.
class LogClock {
  public:
    // `newest`: when the log was read.
    LogClock(Zone zone, WallTime newest) : zone_(std::move(zone)), newest_(newest) {}

    // Takes the time off the front of `line`; nullopt: there is none of that form.
    std::optional<WallTime> take(TimeForm form, std::string_view& line);
    // Whether the last one that was taken said itself which zone it is of.
    [[nodiscard]] bool had_zone() const { return known_has_zone_; }

  private:
    [[nodiscard]] WallTime utc(LocalTime local);

    Zone zone_;
    WallTime newest_;
    WallTime last_{};
    // Busy logs have thousands of lines a second: the text of the last time, and what it meant.
    std::array<char, 40> known_text_{};
    std::size_t known_size_ = 0;
    TimeForm known_form_ = TimeForm::lighttpd;
    WallTime known_{};
    bool known_has_zone_ = false;
};

// "1795453477000000": of 1970, up to the year 2200. Nullopt: that is none.
std::optional<WallTime> from_microseconds(std::string_view text);

} // namespace recycler::explain
