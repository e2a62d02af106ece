// SPDX-License-Identifier: MIT
// A page of which a test writes the rows.
#pragma once

#include "recycler/request/page.hpp"
#include "recycler/request/page_layout.hpp"

#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace recycler::request {

// A formatted page, and what a recorder would have written.
class Written {
  public:
    Written() : page_(std::make_unique<Page>()) { format_page({as_bytes(), sizeof(Page)}); }

    std::byte* as_bytes() { return reinterpret_cast<std::byte*>(page_.get()); }
    PageHeader& header() { return page_->header; }
    Row& row(std::size_t index) { return page_->rows[index]; }
    std::span<const std::byte> bytes() { return {as_bytes(), sizeof(Page)}; }
    std::optional<PageReading> read() { return read_page(bytes()); }

  private:
    std::unique_ptr<Page> page_;
};

inline void set_text(Row& row, std::string_view method, std::string_view uri) {
    std::memcpy(row.method, method.data(), method.size());
    std::memcpy(row.uri, uri.data(), uri.size());
}

// Serves its fifth request.
inline void fill_busy(Row& row, std::uint32_t pid) {
    row.pid = pid;
    row.claimed_at = 77;
    row.accept_enter = 5;
    row.accept_exit = 5;
    row.accepts = 5;
    row.open = 1;
    row.begins = 5;
    row.ends = 4;
    row.in_flight = 1;
    row.in_flight_since = 1'000;
    set_text(row, "POST", "/cart?add=7");
}

inline void fill_parked(Row& row, std::uint32_t pid) {
    row.pid = pid;
    row.accept_enter = 8;
    row.accept_exit = 7;
    row.accepts = 7;
    row.begins = 7;
    row.ends = 7;
    row.parked = 1;
}

} // namespace recycler::request
