// SPDX-License-Identifier: MIT
// How far an order is, slot by slot, in words: what each slot still waits for. Pure: from what
// `status` shows of a slot, so that either end can tell it. Knows nothing of how it comes about.
#pragma once

#include "recycler/control/model/calls.hpp"

namespace recycler::control {

enum class Order { drain, open, recycle, stop };

// What an order wants of one slot. `generation`, of a recycle: the first one that counts as
// replaced.
struct Goal {
    Order order = Order::drain;
    std::uint32_t generation = 0;
};

// What a recycle that is asked for at this moment wants: a worker that is not ready yet is as fresh
// as could be asked for.
Goal recycle_goal(const SlotStatus& slot);

bool is_reached(const Goal& goal, const SlotStatus& slot);
// "drained", "recycled", "open", "stopped" once it is reached, else what happens now and what that
// waits for. A URI in it is as the client sent it.
Progress progress_of(const Goal& goal, const SlotStatus& slot);

// "until a client closes the connection that it keeps open": what a worker waits for that is to go
// and has no request.
std::string kept_open_text(std::uint64_t connections);

// Whether a word of Progress::state says that nothing is left to wait for.
bool is_last_word(std::string_view state);

} // namespace recycler::control
