// SPDX-License-Identifier: MIT
// The part of the recorder page where requests stand that were measured. Owns where every byte
// stands, for both sides, as page_layout.hpp does for the rest. The worker can write all of it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace recycler::request {

inline constexpr std::size_t k_method_size = 16;
inline constexpr std::size_t k_uri_size = 256;
// 16 KiB with the ring's header.
inline constexpr std::uint32_t k_ring_places = 102;
inline constexpr std::size_t k_measured_uri_size = 112;

// Bits of Measured::flags.
inline constexpr std::uint32_t k_memory_known = 1;  // `growth` was measured
inline constexpr std::uint32_t k_first_request = 2; // of its process
// Above these two, since later: the row of its process, and how much resident memory that had at
// the end, in units. 0 units: unknown, as from an earlier recorder, or more than the bits can hold.
inline constexpr std::uint32_t k_row_shift = 2;
inline constexpr std::uint32_t k_row_mask = 0x7f;
inline constexpr std::uint32_t k_level_shift = 9;
inline constexpr std::uint32_t k_most_levels = (1U << (32 - k_level_shift)) - 1;
inline constexpr std::uint64_t k_level_unit = 16'384; // bytes

// Every request that takes so long is told, whether it was chosen or not. Nanoseconds.
inline constexpr std::uint64_t k_slow_request = 100'000'000;

// A request that is over. Number n of them stands in place n % k_ring_places.
struct Measured {
    std::uint64_t sequence; // 2n + 1 while it is written, 2n + 2 when it is whole
    std::uint64_t duration; // nanoseconds
    std::int64_t growth;    // of its process, from its begin to where it waits for the next; bytes
    std::uint32_t weight;   // one of so many was chosen then; of those that are slow, every one
    std::uint32_t flags;
    char method[k_method_size];
    char uri[k_measured_uri_size]; // cut, filled with zeroes
};

// The requests measured last, over all processes of the worker.
struct Ring {
    std::uint64_t next; // the number of the one that will be written next
    std::uint32_t off;  // written from outside: not 0, and nothing is measured
    std::uint8_t reserved[52];
    Measured places[k_ring_places];
};

static_assert(sizeof(Measured) == 160 && offsetof(Measured, duration) == 8 &&
              offsetof(Measured, growth) == 16 && offsetof(Measured, weight) == 24 &&
              offsetof(Measured, flags) == 28 && offsetof(Measured, method) == 32 &&
              offsetof(Measured, uri) == 48);
static_assert(sizeof(Ring) == 16384 && offsetof(Ring, off) == 8 && offsetof(Ring, places) == 64);

} // namespace recycler::request
