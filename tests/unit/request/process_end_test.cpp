// SPDX-License-Identifier: MIT
// What a page says of how a process ended.
#include "tests/unit/request/written_page.hpp"

#include <cstdint>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::request;

TEST_CASE("a request whose connection was closed without an answer was given up") {
    Written page;
    fill_busy(page.row(0), 100);
    fill_parked(page.row(1), 101);
    CHECK(given_up(*page.read()) == 0);
    page.row(0).open = 0;
    page.row(0).in_flight = 0;
    page.row(0).in_flight_since = 0;
    CHECK(given_up(*page.read()) == 1);
    const Process dead = page.read()->processes.front();
    const auto last = last_request(page.bytes(), dead);
    REQUIRE(last);
    CHECK(last->request.uri == "/cart?add=7");
    CHECK(last->request.since == MonoTime{}); // an earlier recorder wrote it
    CHECK(last->how == Over::unknown);
    CHECK(last->is_latest);
    ++page.row(0).accept_enter; // it came back for another one
    CHECK_FALSE(last_request(page.bytes(), page.read()->processes.front())->is_latest);
    page.row(0).claimed_at = 78; // another process has its row
    CHECK_FALSE(last_request(page.bytes(), dead));
}

TEST_CASE("the last request of a process says when it was over, and how") {
    Written page;
    fill_busy(page.row(0), 100);
    Row& row = page.row(0);
    CHECK_FALSE(last_request(page.bytes(), page.read()->processes.front())); // it is in flight
    row.open = 0;
    row.in_flight = 0;
    row.in_flight_since = 0;
    row.ends = 5;
    row.last_since = 1'000;
    row.last_until = 3'000;
    row.last_enter = 5;
    row.last_end = static_cast<std::uint32_t>(RowEnd::empty);
    row.exited = 4;
    const Process dead = page.read()->processes.front();
    CHECK(dead.exited == 3);
    CHECK(last_request(page.bytes(), dead) ==
          LastRequest{.request = {MonoTime{Duration{1'000}}, "POST", "/cart?add=7"},
                      .until = MonoTime{Duration{3'000}},
                      .how = Over::empty,
                      .is_latest = true});
    row.last_end = 99; // of a later version
    CHECK(last_request(page.bytes(), dead)->how == Over::unknown);
    row.accept_enter = 6;
    row.accept_exit = 6;
    CHECK_FALSE(last_request(page.bytes(), dead)->is_latest);
    row.last_until = UINT64_MAX;
    CHECK_FALSE(last_request(page.bytes(), dead));
}

TEST_CASE("what accept() failed of is told of its process, if it can be an errno") {
    Written page;
    fill_parked(page.row(0), 100);
    fill_parked(page.row(1), 101);
    page.row(1).accept_refused = 24;
    CHECK(page.read()->processes[0].accept_refused == 0);
    CHECK(page.read()->processes[1].accept_refused == 24);
    page.row(1).accept_refused = 0x80000018;
    CHECK(page.read()->processes[1].accept_refused == 0);
}
