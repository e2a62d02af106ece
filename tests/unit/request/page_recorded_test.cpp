// SPDX-License-Identifier: MIT
// A worker is followed by controllers of other versions, and so is its page.
#include "recycler/request/measured.hpp"
#include "recycler/request/page.hpp"
#include "tests/support/recorded.hpp"
#include "tests/unit/request/page_sample.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::request;
using recycler::testing::as_recorded;
using recycler::testing::recorded_file;

namespace {

void check_is_sample(std::span<const std::byte> page) {
    const auto reading = read_page(page);
    REQUIRE(reading);
    CHECK(reading->served == 109);
    CHECK(reading->begun == 110);
    CHECK(reading->accepted == 111);
    CHECK(reading->ended_behind);
    CHECK_FALSE(reading->exact);
    REQUIRE(reading->processes.size() == 2);
    CHECK(reading->processes[0].pid == 4001);
    CHECK(reading->processes[0].open == 2);
    CHECK(reading->processes[0].oldest ==
          InFlight{MonoTime{Duration{88'000}}, "POST", "/cart?add=7"});
    CHECK(reading->processes[1].is_parked());
}

} // namespace

TEST_CASE("the page of version 1 is read as it is recorded") {
    const auto page = recorded_file("page-1");
    check_is_sample(page);
    CHECK_FALSE(has_ring(page));
}

TEST_CASE("the page of version 2 is read as it is recorded") {
    const auto page = recorded_file("page-2");
    check_is_sample(page);
    CHECK(has_ring(page));
    const auto reading = read_page(page);
    CHECK(reading->came_back + reading->handed_on + reading->taken + reading->misfits == 0);
    CHECK(reading->processes[0].resting == 0);
}

TEST_CASE("the page stands as version 3 is recorded, and is read") {
    const auto recorded = recorded_file("page-3");
    const auto page = sample_page();
    CHECK(as_recorded(std::as_bytes(std::span(page.get(), 1))) == as_recorded(recorded));
    check_is_sample(recorded);
    const auto reading = read_page(recorded);
    CHECK(reading->came_back == 1);
    CHECK(reading->handed_on == 13);
    CHECK(reading->taken == 14);
    CHECK(reading->misfits == 15);
    CHECK(reading->processes[0].resting == 3);
    CHECK(reading->processes[0].hand_on_failed == 11);
    CHECK(reading->processes[0].awaiting_slot == 0); // a later recorder counts them
    const auto measured = read_measured(recorded, 0);
    REQUIRE(measured);
    REQUIRE(measured->requests.size() == 1);
    CHECK(measured->requests.front().uri == "/cart?add=7");
}
