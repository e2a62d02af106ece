// SPDX-License-Identifier: MIT
// Orders to look at something; each is answered by the event of its name.
#pragma once

#include "recycler/base/ids.hpp"

#include <cstdint>
#include <optional>

namespace recycler::slots {

// How a second listener of a slot comes to be: next in the shown one's reuseport group; hidden, in
// a group of its own, as the present one is hidden already; or `apart`, hidden beside one that is
// shown and that nobody can join. These numbers stand in the ledger: none ever moves.
enum class Opening : std::uint8_t { joined = 0, hidden = 1, apart = 2 };

// `beside`: how its listener came to be beside the shown one; none: it is the slot's own.
struct LookReady {
    WorkerId worker;
    std::optional<Opening> beside{};
};
// `worker` is none when the listener's worker has ended: then only its queue is looked at.
struct LookIdle {
    ListenerId listener;
    std::optional<WorkerId> worker;
};
struct TakeSample {
    WorkerId worker;
};
struct LookRoom {};

} // namespace recycler::slots
