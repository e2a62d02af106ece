// SPDX-License-Identifier: MIT
// How a worker ended, from what was seen of it. What its page counts is the worker's own word: any
// program can write that it came to accept() and answered a request, and be gone at once. PURE.
#pragma once

#include "recycler/base/units.hpp"
#include "recycler/slots/event.hpp"

namespace recycler::slots {

struct EndSeen {
    bool seen_ready = false;  // while it lived
    bool unwatched = false;   // nobody looked: it serves what waited behind another worker
    Duration lived{};         // since its launch
    std::uint64_t served = 0; // as its page says
    bool exited_idle = false; // by itself with status 0, and as its page says with no request
};

// Also one that was not seen to be, where it was there for long enough to have been so between two
// looks. No slot goes through such ones faster than k_leaving_pace either.
[[nodiscard]] bool had_been_ready(const EndSeen& seen);

// Never `never_started`.
[[nodiscard]] Ending ending_of(const EndSeen& seen);

// When the next one may be launched in the place of one that left: it is not braked, but paced.
[[nodiscard]] MonoTime after_one_that_left(MonoTime now, MonoTime launched_at);

} // namespace recycler::slots
