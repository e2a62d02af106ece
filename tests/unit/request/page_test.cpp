// SPDX-License-Identifier: MIT
#include "recycler/request/page_size.hpp"
#include "tests/unit/request/written_page.hpp"

#include <array>
#include <cstring>
#include <doctest/doctest.h>
#include <functional>
#include <random>
#include <string>
#include <vector>

using namespace recycler;
using namespace recycler::request;

TEST_CASE("a fresh page says that nothing has happened") {
    Written page;
    const auto reading = page.read();
    REQUIRE(reading);
    CHECK(*reading == PageReading{});
    CHECK_FALSE(reading->came_to_accept);
    CHECK(reading->exact);
}

TEST_CASE("sums are taken over all processes, the present over the living ones") {
    Written page;
    fill_busy(page.row(0), 100);
    fill_parked(page.row(1), 101);
    fill_busy(page.row(2), 102);
    page.row(2).in_flight_since = 900;
    const auto reading = page.read();
    REQUIRE(reading);
    CHECK(reading->served == 15);
    CHECK(reading->begun == 17);
    CHECK(reading->accepted == 17);
    CHECK(reading->came_to_accept);

    const std::array<std::int32_t, 2> living{100, 101};
    const InFlight cart{MonoTime{Duration{1'000}}, "POST", "/cart?add=7"};
    CHECK(activity_of(*reading, living) == Activity{.processes = 2,
                                                    .parked = 1,
                                                    .accepting = 0,
                                                    .open = 1,
                                                    .in_flight = 1,
                                                    .oldest = cart});
    CHECK(last_activity(*reading).in_flight == 2);
    CHECK(last_activity(*reading).oldest->since == MonoTime{Duration{900}});
    CHECK(activity_of(*reading, {}) == Activity{});
}

TEST_CASE(
    "requests of which the beginning alone has come are told, and never more than there are") {
    Written page;
    fill_busy(page.row(0), 100);
    const std::array<std::int32_t, 1> living{100};
    CHECK(activity_of(*page.read(), living).half == 0); // also of an earlier recorder
    page.row(0).half = 1;
    CHECK(activity_of(*page.read(), living).half == 1);
    page.row(0).half = 7;
    CHECK(activity_of(*page.read(), living).half == 1);
}

TEST_CASE("a process is parked when all its threads in accept() are held and nothing is open") {
    Written page;
    fill_parked(page.row(0), 100);
    CHECK(page.read()->processes.front().is_parked());
    SUBCASE("another thread is inside accept()") {
        page.row(0).accept_enter = 9;
    }
    SUBCASE("a connection is open") {
        page.row(0).open = 1;
    }
    SUBCASE("no thread is held") {
        page.row(0).parked = 0;
        page.row(0).accept_exit = 8;
    }
    CHECK_FALSE(page.read()->processes.front().is_parked());
}

TEST_CASE("what rests is told of the living, and what has come of it of all") {
    Written page;
    fill_parked(page.row(0), 100);
    fill_busy(page.row(1), 101);
    page.row(0).resting = 7;
    page.row(0).taken = 9;
    page.row(0).handed_on = 2;
    page.row(0).hand_on_failed = 11;
    page.row(0).awaiting_slot = 2;
    page.row(1).resting = 1;
    page.row(1).accepts = 1; // of five that came out of accept(), four came back
    page.row(1).came_back = 4;
    page.row(1).misfits = 3;
    const auto reading = page.read();
    REQUIRE(reading);
    CHECK(reading->accepted == 8);
    CHECK(reading->came_back == 4);
    CHECK(reading->taken == 9);
    CHECK(reading->handed_on == 2);
    CHECK(reading->misfits == 3);
    const std::array<std::int32_t, 1> living{100};
    CHECK(activity_of(*reading, living).resting == 7);
    CHECK(activity_of(*reading, living).open == 0);
    CHECK(last_activity(*reading).resting == 8);
    CHECK(reading->processes.front().hand_on_failed == 11);
    CHECK(reading->processes.front().awaiting_slot == 2);
    page.row(0).hand_on_failed = 0x8000000b; // no error of any system
    CHECK(page.read()->processes.front().hand_on_failed == 0);
}

TEST_CASE("a row that changes hands counts, but tells nothing of the present") {
    Written page;
    fill_busy(page.row(0), 100 | k_row_claiming);
    const auto reading = page.read();
    REQUIRE(reading);
    CHECK(reading->served == 4);
    CHECK(reading->processes.empty());
}

TEST_CASE("a request whose text is being written is in flight all the same") {
    Written page;
    fill_busy(page.row(0), 100);
    page.row(0).text_sequence = 7;
    const auto reading = page.read();
    REQUIRE(reading);
    CHECK(last_activity(*reading).in_flight == 1);
    CHECK_FALSE(last_activity(*reading).oldest);
}

TEST_CASE("strings come out as printable ASCII, whatever was written") {
    Written page;
    fill_busy(page.row(0), 100);
    std::memset(page.row(0).method, 0, k_method_size);
    std::memset(page.row(0).uri, 0, k_uri_size);
    set_text(page.row(0), "G\nT", "/a b\x1b[31m\xff%41\"\x7f");
    CHECK(last_activity(*page.read()).oldest->method == "G%0AT");
    CHECK(last_activity(*page.read()).oldest->uri == "/a%20b%1B[31m%FF%41\"%7F");
    std::memset(page.row(0).uri, 'u', k_uri_size); // no zero byte at its end
    std::memset(page.row(0).method, 'M', k_method_size);
    CHECK(last_activity(*page.read()).oldest->uri == std::string(k_uri_size, 'u'));
    CHECK(last_activity(*page.read()).oldest->method == std::string(k_method_size, 'M'));
}

TEST_CASE("of a page of a later version is read what is known of it, however large it is") {
    constexpr std::size_t k_size = sizeof(Page) + 8192;
    std::vector<std::byte> bytes(k_size);
    format_page(bytes);
    Page& page = *reinterpret_cast<Page*>(bytes.data());
    fill_busy(page.rows[0], 100);
    const auto reading = read_page(bytes);
    REQUIRE(reading);
    page.header.version = k_page_version + 1;
    CHECK(read_page(bytes) == reading); // what it has more stands in reserved bytes
    page.header.size = k_size;
    CHECK(read_page(bytes) == reading);
    CHECK(has_ring(bytes));
    page.header.size = k_size_without_ring; // none is smaller than those before it
    CHECK_FALSE(read_page(bytes));
    page.header.size = k_largest_page + 1;
    CHECK_FALSE(read_page(bytes));
    page.header.size = k_size + 1; // larger than what is there
    CHECK_FALSE(read_page(bytes));
}

TEST_CASE("what cannot be true is no recorder's page") {
    using Lie = std::function<void(Written&)>;
    const std::vector<std::pair<std::string, Lie>> lies{
        {"magic", [](Written& page) { ++page.header().magic; }},
        {"older version", [](Written& page) { page.header().version = k_page_oldest_version - 1; }},
        {"size", [](Written& page) { --page.header().size; }},
        {"row count", [](Written& page) { page.header().row_count = 128; }},
        {"row size", [](Written& page) { page.header().row_size = 256; }},
        {"pid", [](Written& page) { page.row(0).pid = 0x7fffffff; }},
        {"claimed at", [](Written& page) { page.row(0).claimed_at = ~0ULL; }},
        {"more exits than entries", [](Written& page) { page.row(0).accept_exit = 6; }},
        {"parked outside accept", [](Written& page) { page.row(0).parked = 1; }},
        {"accepts without entries", [](Written& page) { page.row(0).accepts = 6; }},
        {"open without accepts", [](Written& page) { page.row(0).open = 6; }},
        {"more ends than begins", [](Written& page) { page.row(0).ends = 6; }},
        {"in flight without begin", [](Written& page) { page.row(0).in_flight = 2; }},
        {"unfollowed without accepts", [](Written& page) { page.row(0).unfollowed = 6; }},
        {"came back without entries", [](Written& page) { page.row(0).came_back = 1; }},
        {"more at rest than there can be", [](Written& page) { page.row(0).resting = 1U << 21; }},
        {"enormous sums of what was handed on",
         [](Written& page) { page.row(0).handed_on = 1ULL << 60; }},
        {"enormous sums of what was taken", [](Written& page) { page.row(0).taken = 1ULL << 60; }},
        {"enormous sums of misfits", [](Written& page) { page.row(0).misfits = 1ULL << 60; }},
        {"enormous sums",
         [](Written& page) {
             page.row(0).accept_enter = page.row(0).accept_exit = page.row(0).begins = 1ULL << 60;
         }},
        {"more threads than there can be",
         [](Written& page) { page.row(0).accept_enter = 1ULL << 40; }},
    };
    for (const auto& entry : lies) {
        const auto& lie = entry.second;
        CAPTURE(entry.first);
        Written page;
        fill_busy(page.row(0), 100);
        REQUIRE(page.read());
        lie(page);
        CHECK_FALSE(page.read());
    }
}

TEST_CASE("a count that is known to be too small is not exact") {
    Written page;
    fill_busy(page.row(0), 100);
    CHECK(page.read()->exact);
    SUBCASE("a process found no row") {
        page.header().rowless = 1;
    }
    SUBCASE("a connection was lost") {
        page.row(0).unfollowed = 1;
    }
    CHECK_FALSE(page.read()->exact);
}

TEST_CASE("a page that is too short, or stands askew in memory, is none") {
    Written page;
    CHECK_FALSE(read_page({page.as_bytes(), sizeof(Page) - 1}));
    CHECK_FALSE(read_page({}));
    std::vector<std::byte> askew(sizeof(Page) + 8);
    std::memcpy(askew.data() + 1, page.as_bytes(), sizeof(Page));
    CHECK_FALSE(read_page({askew.data() + 1, sizeof(Page)}));
}

TEST_CASE("rubbish in the rows is never believed and never harms") {
    std::mt19937_64 random{7};
    unsigned believed = 0;
    for (int turn = 0; turn < 300; ++turn) {
        Written page;
        std::byte* rows = reinterpret_cast<std::byte*>(&page.row(0));
        for (std::size_t at = 0; at < sizeof(Row) * k_page_rows; at += 8) {
            const std::uint64_t word = random();
            std::memcpy(rows + at, &word, sizeof word);
        }
        believed += page.read() ? 1 : 0;
    }
    CHECK(believed == 0);
}
