// SPDX-License-Identifier: MIT
// The first words with the keeper, in an order that matters: what root wrote is read, the keeper is
// told by which plans it may start workers, and only then is taken over what others had a hand in.
#pragma once

#include "recycler/controller/policy/permits.hpp"
#include "recycler/controller/start/arguments.hpp"
#include "recycler/controller/start/cannot_start.hpp"
#include "recycler/keeper/protocol/link.hpp"

#include <variant>

namespace recycler::controller {

struct Meeting {
    int keeper_pid = 0;
    Permits permits;
    UniqueFd lock; // of the app, where this is the first controller; the keeper has no copy yet
    keeper::Replay replay;
};

std::variant<Meeting, CannotStart> meet(const Arguments& arguments, keeper::Link& link);

} // namespace recycler::controller
