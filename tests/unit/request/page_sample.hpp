// A page as a worker of two processes leaves it: what stands in tests/recorded/page-*.
#pragma once

#include "recycler/request/page.hpp"
#include "recycler/request/page_layout.hpp"

#include <cstring>
#include <memory>
#include <string_view>

namespace recycler::request {

inline std::unique_ptr<Page> sample_page() {
    auto page = std::make_unique<Page>();
    format_page({reinterpret_cast<std::byte*>(page.get()), sizeof(Page)});
    page->header.park = k_parked;
    page->header.let_go = k_letting_go;
    page->header.ended_behind = 1;
    Row& busy = page->rows[0];
    busy.pid = 4001;
    busy.open = 2;
    busy.claimed_at = 77'000;
    busy.accept_enter = 105;
    busy.accept_exit = 104;
    busy.accepts = 103;
    busy.begins = 102;
    busy.ends = 101;
    busy.in_flight = 1;
    busy.text_sequence = 204;
    busy.in_flight_since = 88'000;
    constexpr std::string_view method = "POST";
    constexpr std::string_view uri = "/cart?add=7";
    std::memcpy(busy.method, method.data(), method.size());
    std::memcpy(busy.uri, uri.data(), uri.size());
    Row& parked = page->rows[1];
    parked.pid = 4002;
    parked.claimed_at = 78'000;
    parked.accept_enter = 9;
    parked.accept_exit = 8;
    parked.accepts = 8;
    parked.begins = 8;
    parked.ends = 8;
    parked.unfollowed = 1;
    parked.parked = 1;
    page->ring.next = 1;
    page->ring.off = 5;
    Measured& measured = page->ring.places[0];
    measured.sequence = 2;
    measured.duration = 1'500'000;
    measured.growth = 4096;
    measured.weight = 16;
    measured.flags = k_memory_known;
    std::memcpy(measured.method, method.data(), method.size());
    std::memcpy(measured.uri, uri.data(), uri.size());
    return page;
}

} // namespace recycler::request
