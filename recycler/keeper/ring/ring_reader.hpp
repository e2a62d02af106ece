// SPDX-License-Identifier: MIT
// The controller's side of a ring: makes one before a launch, and reads the last lines for a record
// or a person. The bytes come from the worker: any bytes at all, and whoever shows them escapes
// them.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/keeper/ring/ring.hpp"

#include <string>
#include <vector>

namespace recycler::keeper {

// A fresh, empty ring whose size is sealed.
[[nodiscard]] Result<UniqueFd> make_ring();

struct RingTail {
    std::vector<std::string>
        lines;                 // oldest first, without their newline; an unfinished last one counts
    std::uint64_t written = 0; // all that was ever written, in bytes
    std::uint64_t lost = 0;    // of that, what the ring no longer holds
};

struct TailBounds {
    std::size_t lines = 20;
    std::size_t line_length = 1024; // longer ones keep their beginning
};

// The last lines of a ring; safe while the keeper writes. EBADMSG: not a ring.
[[nodiscard]] Result<RingTail> read_ring_tail(int fd, TailBounds bounds);

// What no controller has handed on yet, and how much of that the ring no longer holds. It is kept
// in the ring itself, so that the next controller goes on where this one was.
struct Untold {
    std::vector<char> bytes;
    std::uint64_t begin = 0; // counter of the first of them
    std::uint64_t lost = 0;  // before them
};
// Safe while the keeper writes. EBADMSG: not a ring.
[[nodiscard]] Result<Untold> read_untold(int fd);
// All before this counter has been handed on, or is given up.
[[nodiscard]] Result<void> mark_told(int fd, std::uint64_t counter);

// PURE. The last lines of `bytes`, which `cut` bytes stood before: when that is not 0 the first
// line is only the rest of one, and is left out unless it is all there is.
[[nodiscard]] std::vector<std::string> last_lines(std::span<const char> bytes, std::uint64_t cut,
                                                  TailBounds bounds);

} // namespace recycler::keeper
