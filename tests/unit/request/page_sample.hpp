// SPDX-License-Identifier: MIT
// A page as a worker of two processes leaves it: what stands in tests/recorded/page-*.
#pragma once

#include "recycler/request/page.hpp"
#include "recycler/request/page_layout.hpp"

#include <cstring>
#include <memory>
#include <string_view>

namespace recycler::request {

inline constexpr std::string_view k_sample_method = "POST";
inline constexpr std::string_view k_sample_uri = "/cart?add=7";

inline void fill_busy_sample(Row& row) {
    row.pid = 4001;
    row.open = 2;
    row.claimed_at = 77'000;
    row.accept_enter = 105;
    row.accept_exit = 104;
    row.accepts = 103;
    row.begins = 102;
    row.ends = 101;
    row.in_flight = 1;
    row.text_sequence = 204;
    row.in_flight_since = 88'000;
    std::memcpy(row.method, k_sample_method.data(), k_sample_method.size());
    std::memcpy(row.uri, k_sample_uri.data(), k_sample_uri.size());
}

inline void fill_parked_sample(Row& row) {
    row.pid = 4002;
    row.claimed_at = 78'000;
    row.accept_enter = 9;
    row.accept_exit = 8;
    row.accepts = 8;
    row.begins = 8;
    row.ends = 8;
    row.unfollowed = 1;
    row.parked = 1;
}

// Of a worker whose connections rest.
inline void fill_resting_sample(PageHeader& header, Row& row) {
    header.rest = k_resting;
    header.hand_on = k_handing_on;
    header.end_kept = k_ending_kept;
    header.channel_out = 1 + 902;
    header.channel_in = 1 + 903;
    header.wake = 1 + 904;
    row.resting = 3;
    row.came_back = 1;
    row.handed_on = 13;
    row.taken = 14;
    row.misfits = 15;
    row.hand_on_failed = 11;
}

inline void fill_ring_sample(Ring& ring) {
    ring.next = 1;
    ring.off = 5;
    Measured& measured = ring.places[0];
    measured.sequence = 2;
    measured.duration = 1'500'000;
    measured.growth = 4096;
    measured.weight = 16;
    measured.flags = k_memory_known;
    std::memcpy(measured.method, k_sample_method.data(), k_sample_method.size());
    std::memcpy(measured.uri, k_sample_uri.data(), k_sample_uri.size());
}

inline std::unique_ptr<Page> sample_page() {
    auto page = std::make_unique<Page>();
    format_page({reinterpret_cast<std::byte*>(page.get()), sizeof(Page)});
    page->header.park = k_parked;
    page->header.let_go = k_letting_go;
    page->header.ended_behind = 1;
    fill_busy_sample(page->rows[0]);
    fill_parked_sample(page->rows[1]);
    fill_resting_sample(page->header, page->rows[0]);
    fill_ring_sample(page->ring);
    return page;
}

} // namespace recycler::request
