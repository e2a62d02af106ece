// SPDX-License-Identifier: MIT
#include "recycler/explain/lines/log_time.hpp"
#include "tests/unit/explain/told.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::explain;
using std::chrono::hours;

namespace {

std::chrono::sys_seconds second(const std::string& text) {
    return std::chrono::floor<std::chrono::seconds>(told::at(text));
}

// Europe/Berlin in 2026.
Zone berlin() {
    return {{second("1996-01-01T00:00:00Z"), hours(1)},
            {second("2026-03-29T01:00:00Z"), hours(2)},
            {second("2026-10-25T01:00:00Z"), hours(1)}};
}

WallTime lighttpd_time(LogClock& clock, std::string_view text) {
    const auto time = clock.take(TimeForm::lighttpd, text);
    REQUIRE(time);
    return *time;
}

} // namespace

TEST_CASE("each form of time is read to the digit") {
    LogClock clock = told::utc_clock();
    const auto check = [&](TimeForm form, std::string_view text, const char* expected) {
        CAPTURE(text);
        const auto time = clock.take(form, text);
        REQUIRE(time);
        CHECK(*time == told::at(expected));
        CHECK(text == "!");
    };
    check(TimeForm::lighttpd, "2008-01-09 11:21:43!", "2008-01-09T11:21:43Z");
    check(TimeForm::nginx, "2026/11/23 17:03:59!", "2026-11-23T17:03:59Z");
    check(TimeForm::apache, "Mon Nov 23 17:04:25.904175 2026!", "2026-11-23T17:04:25.904175Z");
    check(TimeForm::apache, "Wed Jan 09 11:21:43 2008!", "2008-01-09T11:21:43Z");
    check(TimeForm::haproxy, "23/Nov/2026:17:04:46.754!", "2026-11-23T17:04:46.754Z");
    check(TimeForm::iso, "2026-11-23T17:04:46.754+01:00!", "2026-11-23T16:04:46.754Z");
    check(TimeForm::iso, "2026-11-23T17:04:46-0330!", "2026-11-23T20:34:46Z");
    check(TimeForm::iso, "2026-11-23T17:04:46!", "2026-11-23T17:04:46Z");
    // The log was read on 24 November 2026: December is that of the year before.
    check(TimeForm::syslog, "Nov 23 17:04:46!", "2026-11-23T17:04:46Z");
    check(TimeForm::syslog, "Dec  3 17:04:46!", "2025-12-03T17:04:46Z");
}

TEST_CASE("what is no time is none, and nothing of it is taken") {
    LogClock clock = told::utc_clock();
    for (std::string_view text : {"2008-02-30 11:21:43", "2008-01-09 24:21:43", "2008-01-09",
                                  "1000-01-09 11:21:43", "", "2008-01-0911:21:43"}) {
        const std::string_view before = text;
        CHECK_FALSE(clock.take(TimeForm::lighttpd, text));
        CHECK(text == before);
    }
}

TEST_CASE("local time is what the zone's table says for that day") {
    LogClock clock(berlin(), told::at("2026-12-01T00:00:00Z"));
    CHECK(lighttpd_time(clock, "2026-01-09 12:00:00") == told::at("2026-01-09T11:00:00Z"));
    CHECK(lighttpd_time(clock, "2026-07-09 12:00:00") == told::at("2026-07-09T10:00:00Z"));
    CHECK(lighttpd_time(clock, "2026-11-09 12:00:00") == told::at("2026-11-09T11:00:00Z"));
}

TEST_CASE("the hour that comes twice is told apart by the order of the lines") {
    LogClock clock(berlin(), told::at("2026-12-01T00:00:00Z"));
    CHECK(lighttpd_time(clock, "2026-10-25 02:10:00") == told::at("2026-10-25T00:10:00Z"));
    CHECK(lighttpd_time(clock, "2026-10-25 02:50:00") == told::at("2026-10-25T00:50:00Z"));
    CHECK(lighttpd_time(clock, "2026-10-25 02:05:00") == told::at("2026-10-25T01:05:00Z"));
    CHECK(lighttpd_time(clock, "2026-10-25 03:00:00") == told::at("2026-10-25T02:00:00Z"));
}

TEST_CASE("an hour that does not exist is read as if the clock had not been changed") {
    LogClock clock(berlin(), told::at("2026-12-01T00:00:00Z"));
    CHECK(lighttpd_time(clock, "2026-03-29 01:59:59") == told::at("2026-03-29T00:59:59Z"));
    CHECK(lighttpd_time(clock, "2026-03-29 02:30:00") == told::at("2026-03-29T01:30:00Z"));
    CHECK(lighttpd_time(clock, "2026-03-29 03:30:00") == told::at("2026-03-29T01:30:00Z"));
}

TEST_CASE("zones are written as people write them") {
    CHECK(fixed_zone("UTC")->front().ahead == hours(0));
    CHECK(fixed_zone("+02:00")->front().ahead == hours(2));
    CHECK(fixed_zone("-0330")->front().ahead == -std::chrono::minutes(210));
    CHECK_FALSE(fixed_zone("Europe/Berlin"));
    CHECK_FALSE(fixed_zone("+99:00"));
    CHECK_FALSE(fixed_zone(""));
}
