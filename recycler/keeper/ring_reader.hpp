// The controller's side of a ring: makes one before a launch, and reads the last lines for a record
// or a person. The bytes come from the worker: any bytes at all, and whoever shows them escapes
// them.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/keeper/ring.hpp"

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

// PURE. The last lines of `bytes`, which `cut` bytes stood before: when that is not 0 the first
// line is only the rest of one, and is left out unless it is all there is.
[[nodiscard]] std::vector<std::string> last_lines(std::span<const char> bytes, std::uint64_t cut,
                                                  TailBounds bounds);

} // namespace recycler::keeper
