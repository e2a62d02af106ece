// SPDX-License-Identifier: MIT
// Kept connections that rest in workers between their requests: what becomes of them when a worker
// leaves, and where those that stand in a slot's channel go. Plain values; keeping.cpp decides.
#pragma once

#include "recycler/base/ids.hpp"
#include "recycler/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace recycler::slots {

// What rests in a worker stays there, is sent into the channel of its slot, or is closed, because
// nobody would take it from there.
enum class Resting : std::uint8_t { allowed, handed_on, ended };

// An order, of which the worker takes notice as soon as it is done with a request.
struct LetRest {
    WorkerId worker;
    Resting resting = Resting::allowed;
};

// Where what stands in a slot's channel, or comes into it, goes: into those of the targets; to
// nobody, and is closed; else it waits for the slot's own worker, as a listener's queue does.
struct ChannelRoute {
    std::vector<SlotId> targets{};
    bool ended = false;
    bool operator==(const ChannelRoute&) const = default;
};
struct RouteChannel {
    SlotId slot;
    ChannelRoute route;
};

// Enough to share what one worker has kept.
inline constexpr std::size_t k_most_targets = 16;

// A worker that has nothing else to do hands on within milliseconds. What it has after this could
// not be sent: the channel is full, or too many descriptors are in flight.
inline constexpr Duration k_hands_on = std::chrono::seconds(2);

// One worker's, for as long as it lives.
struct Keeping {
    bool possible = false;           // it was born with a channel
    std::optional<Resting> ordered;  // none: by a controller before, if at all
    std::optional<MonoTime> since{}; // nothing but what it should have handed on is left
    bool gave_up = false;            // so it is to close that
};

} // namespace recycler::slots
