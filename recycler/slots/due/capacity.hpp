// SPDX-License-Identifier: MIT
// How much of an app may be unavailable by our own decisions, and how much is.
#pragma once

#include "recycler/slots/slot.hpp"

#include <span>

namespace recycler::slots {

// A slot is available when its gate is open and a ready worker stands behind it.
[[nodiscard]] bool available(const Slot& slot);

// capacity.max_unavailable of `slots` slots, in slots; a percentage is rounded down, and at
// least 1.
[[nodiscard]] std::size_t max_unavailable(const policies::Capacity& capacity, std::size_t slots);

// Whether `slot` may be made unavailable now. One that is unavailable already costs nothing more.
[[nodiscard]] bool within_budget(std::span<const Slot> slots, const Slot& slot,
                                 const policies::Capacity& capacity);

// The same for workers that cannot wait for the budget (cannot_wait() in handover.cpp): as many
// slots again, so that what has gone wrong everywhere does not stop everywhere at once.
[[nodiscard]] bool within_reserve(std::span<const Slot> slots, const Slot& slot,
                                  const policies::Capacity& capacity);

// The longest that one recycling takes by the policy's own limits: what is due for longer while
// nothing else of the app begins waits for something that does not come by itself.
[[nodiscard]] inline Duration longest_recycling(const policies::Policy& policy) {
    return policy.start.timeout + policy.drain.timeout + policy.drain.stop_timeout;
}

// Whether no other slot of the app could take the connections that `slot` refuses.
[[nodiscard]] bool last_open(std::span<const Slot> slots, const Slot& slot);

// Requests turned away in slots that serve nobody, since they do.
[[nodiscard]] std::uint64_t lost_in_all(std::span<const Slot> slots);

} // namespace recycler::slots
