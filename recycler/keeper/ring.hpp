// The ring that keeps the last of what a worker wrote to stdout and stderr: a memfd of 64 KiB, a
// header and then bytes, the oldest overwritten. The keeper writes it, with pwrite, and never looks
// at the bytes; the controller reads it, with pread, at any time, also while it is written. What is
// lost follows from the counters. Nobody maps it, so nobody can be hurt by its size.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

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
    std::uint64_t reserved[4] = {};
};
inline constexpr std::size_t k_ring_size = 64 * 1024;
inline constexpr std::uint64_t k_ring_capacity = k_ring_size - sizeof(RingHeader);

// A fresh, empty ring whose size is sealed.
[[nodiscard]] Result<UniqueFd> make_ring();

// Whether this descriptor is a ring: magic, version, capacity, size and seals.
[[nodiscard]] bool is_ring(int fd);

// Appends, at most k_ring_capacity bytes at a time; `written` is the counter so far, kept by the
// only writer. Returns 0 or an errno; then the bytes count as written all the same (what is there
// is undefined), so that the writer never stops.
[[nodiscard]] int append_to_ring(int fd, std::uint64_t& written, std::span<const std::byte> bytes);

// The end of a ring as text for people: whole lines, any bytes in them.
struct RingTail {
    std::vector<std::string>
        lines; // oldest first, without their newline; an unfinished last line counts
    std::uint64_t written = 0; // all that was ever written, in bytes
    std::uint64_t lost = 0;    // of that, what the ring no longer holds
};

struct TailBounds {
    std::size_t lines = 20;
    std::size_t line_length = 1024; // longer ones keep their beginning
};

// The last lines of a ring; safe while the keeper writes. EBADMSG: not a ring.
[[nodiscard]] Result<RingTail> read_ring_tail(int fd, TailBounds bounds);

// PURE. The last lines of `bytes`; when `cut` bytes stood before them, the first line is only the
// rest of one and is dropped unless it is all there is.
[[nodiscard]] std::vector<std::string> last_lines(std::span<const char> bytes, std::uint64_t cut,
                                                  TailBounds bounds);

} // namespace recycler::keeper
