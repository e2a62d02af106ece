// SPDX-License-Identifier: MIT
// The ring that keeps the last of what a worker wrote to stdout and stderr: a memfd of 64 KiB, a
// header and then bytes, the oldest overwritten. The keeper writes it with pwrite and never looks
// at the bytes; the controller reads it with pread (ring_reader.hpp), also while it is written.
// What is lost follows from the counters. Nobody maps it, so nobody can be hurt by its size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace recycler::keeper {

inline constexpr std::uint32_t k_ring_magic = 0x474e4952; // "RING" in memory, little endian
inline constexpr std::uint32_t k_ring_version = 1;

// Counters run from the first byte ever written. Byte n stands at offset sizeof(RingHeader) + n %
// capacity. While a write is under way `claimed` is ahead of `written`: the bytes claimed -
// capacity and older are being overwritten.
struct RingHeader {
    std::uint32_t magic = k_ring_magic;
    std::uint32_t version = k_ring_version;
    std::uint64_t capacity = 0;
    std::uint64_t claimed = 0;
    std::uint64_t written = 0;
    std::uint64_t told = 0; // by the controllers: what they have handed on (ring_reader.hpp)
    std::uint64_t reserved[3] = {};
};
inline constexpr std::size_t k_ring_size = std::size_t{64} * 1024;
inline constexpr std::uint64_t k_ring_capacity = k_ring_size - sizeof(RingHeader);

// How much was ever written to this ring. nullopt: not a ring (magic, version, capacity, size, and
// a size that is sealed).
[[nodiscard]] std::optional<std::uint64_t> written_to_ring(int fd);

// Appends, at most k_ring_capacity bytes at a time; `written` is the counter so far, kept by the
// only writer. Returns 0 or an errno; then the bytes count as written all the same (what stands
// there is undefined), so that the writer never stops.
[[nodiscard]] int append_to_ring(int fd, std::uint64_t& written, std::span<const std::byte> bytes);

} // namespace recycler::keeper
