// SPDX-License-Identifier: MIT
// Whether memory admits one more worker. What is free at an instant does not tell: workers that are
// starting, and those that have not served their first requests, take the rest of what they need
// later, and the others grow meanwhile. All of that is promised already. Knows no policy and orders
// nothing.
#pragma once

#include "recycler/slots/event.hpp"
#include "recycler/slots/slot.hpp"

#include <map>
#include <optional>
#include <span>

namespace recycler::slots {

// A worker that has served so many requests is warm: the first ones load what a start leaves out,
// and memory comes in steps.
inline constexpr std::uint64_t k_warm = 10;
[[nodiscard]] bool is_warm(const Worker& worker);

// Of a worker of this app.
struct Expected {
    Bytes need;       // until it is warm
    Duration start{}; // until it is ready: others grow meanwhile
    Bytes spares{};   // what those that start without a slot will take yet
};

class Room {
  public:
    void seen(MonoTime now, const RoomSeen& look);
    // Whether the last look still serves decisions.
    [[nodiscard]] bool fresh(MonoTime now) const;
    [[nodiscard]] Duration age(MonoTime now) const; // of the last look

    // Whether another worker fits beside all that is there and all that is promised. Without a look
    // none does. `has`: what that worker has already, if it waits for a slot.
    [[nodiscard]] bool admits(std::span<const Slot> slots, const Expected& expected,
                              Bytes has = {}) const;

    // What is free beside all that. Without a look nothing is.
    [[nodiscard]] Bytes left(std::span<const Slot> slots, const Expected& expected) const;

    // Whether it was ready at the last look: what it has is not in what was free then.
    [[nodiscard]] bool had_all(const Worker& worker) const;
    // What this worker will take yet of what it needs.
    [[nodiscard]] Bytes missing(const Worker& worker, Bytes need) const;

  private:
    [[nodiscard]] Bytes promised_to(const Slot& slot, const Expected& expected) const;

    std::optional<Bytes> free_;
    MonoTime at_;
    std::map<WorkerId, Bytes> held_; // by those that were starting at that look
};

} // namespace recycler::slots
