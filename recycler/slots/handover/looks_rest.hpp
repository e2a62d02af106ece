// SPDX-License-Identifier: MIT
// How much of the time the looks at who is idle may take. Each reads a table that grows with the
// sockets of everybody on the host, and a slot that drains is looked at 20 times a second.
#pragma once

#include "recycler/slots/slot.hpp"

#include <span>

namespace recycler::slots {

class LooksRest {
  public:
    // All together take at most one part in so many of the time.
    static constexpr int k_share = 10;

    // One that was ordered at `now` has taken so long: the next ones of all slots wait for it.
    void took(MonoTime now, Duration taken, std::span<Slot> slots);

  private:
    MonoTime until_;
};

} // namespace recycler::slots
