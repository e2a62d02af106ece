// SPDX-License-Identifier: MIT
// What is to be ordered of the connections that rest in workers, as slots and workers stand now.
#pragma once

#include "recycler/slots/event.hpp"
#include "recycler/slots/slot.hpp"

#include <vector>

namespace recycler::slots {

struct KeepingNow {
    MonoTime now;
    bool off = false;      // by the policy
    bool stopping = false; // the app
};

// The orders that differ from those given before, noted in `slots` as given. They are carried out
// before all others of a turn, so that what rests is handed on while its worker still runs.
[[nodiscard]] std::vector<Action> keeping_orders(std::vector<Slot>& slots, const KeepingNow& rules);

// Whether a worker has a channel.
[[nodiscard]] bool any_keeps(const std::vector<Slot>& slots);

// What a look showed of a worker that hands on: if for long nothing is left but what it should have
// handed on, it cannot, and gives up.
void note_resting(Worker& worker, const IdleSeen& seen, MonoTime now);

// What a controller before has ordered of this slot is not known; it is ordered once more.
// `keeping`: the workers that have a channel.
void adopt_keeping(Slot& slot, const std::vector<WorkerId>& keeping);

} // namespace recycler::slots
