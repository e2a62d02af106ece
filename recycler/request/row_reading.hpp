// SPDX-License-Identifier: MIT
// One row of a recorder page as it was read once, and whether an honest recorder can have written
// it. Must not know of pages, nor what follows from a row.
#pragma once

#include "recycler/request/page_layout.hpp"
#include "recycler/request/process.hpp"

#include <cstdint>

namespace recycler::request {

inline constexpr std::uint64_t k_largest_time = INT64_MAX;

// A row as it was read, `enter` twice.
struct RowReading {
    std::uint32_t owner = 0;
    std::uint64_t claimed_at = 0;
    std::uint64_t exit = 0;
    std::uint64_t first_enter = 0;
    std::uint64_t enter = 0;
    std::uint64_t accepts = 0;
    std::uint64_t begins = 0;
    std::uint64_t ends = 0;
    std::uint64_t unfollowed = 0;
    std::uint32_t exited = 0;
    std::uint32_t parked = 0;
    std::uint32_t open = 0;
    std::uint32_t in_flight = 0;
    std::uint32_t half = 0;
    std::uint32_t accept_refused = 0;
    std::uint32_t resting = 0;
    std::uint64_t back_meanwhile = 0; // they came back while the row was read
    std::uint64_t came_back = 0;
    std::uint64_t handed_on = 0;
    std::uint64_t taken = 0;
    std::uint64_t misfits = 0;
    std::uint32_t hand_on_failed = 0;
    RestingAt resting_at{};
    std::uint32_t awaiting_slot = 0;

    [[nodiscard]] std::uint32_t pid() const { return owner & ~k_row_claiming; }
};

// The process may write it meanwhile.
RowReading read_row(const Row& row);

bool is_possible(const RowReading& read);

// 0 instead of what is no error number.
int error_of(std::uint32_t error);

} // namespace recycler::request
