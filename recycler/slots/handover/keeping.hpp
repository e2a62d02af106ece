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
// nobody would take it from there; or it stays until its client asks, and ends with that answer.
enum class Resting : std::uint8_t { allowed, handed_on, ended, allowed_no_more };

// An order, of which the worker takes notice as soon as it is done with a request. `back`: what
// rests in it and came by this listener, of another slot that serves again, is sent into the
// channel all the same, and the worker takes nothing from there.
struct LetRest {
    WorkerId worker;
    Resting resting = Resting::allowed;
    std::optional<ListenerId> back{};
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

// For how long a slot that serves again gets back what others have taken for it. A worker looks
// before each accept(); what is busy for all of that time comes back the next time.
inline constexpr Duration k_hands_back = std::chrono::milliseconds(500);

// What else is known of a slot's channel.
struct ChannelNotes {
    bool unrouted = false;                   // the keeper has refused its route
    bool given_away = false;                 // what had come by the slot's listener
    std::optional<MonoTime> gets_back_until; // what others have of that
};

// One worker's, for as long as it lives.
struct Keeping {
    bool possible = false;            // it was born with a channel
    std::optional<Resting> ordered;   // none: by a controller before, if at all
    std::optional<ListenerId> back{}; // it hands back what came by this one
    std::optional<MonoTime> since{};  // nothing but what it should have handed on is left
    bool gave_up = false;             // so it is to close that
};

} // namespace recycler::slots
