// SPDX-License-Identifier: MIT
// From arguments to a running controller: reads the policy, takes the lock, opens what must be
// open, or finds it with the keeper. It may be killed after any step: the next one finds what was
// done. What cannot be had is said with what to do about it, and the exit code of recyclerd(8).
#pragma once

#include "recycler/controller/start/cannot_start.hpp"
#include "recycler/controller/start/inheritance.hpp"
#include "recycler/controller/start/opened.hpp"
#include "systemd/event_loop.hpp"

#include <variant>

namespace recycler::controller {

struct Started {
    Opened opened;
    UniqueFd control_socket;
    Inheritance inheritance;
    bool adopts = false; // a controller before had begun: its ledger says what it meant
};

std::variant<Started, CannotStart> start_up(const Arguments& arguments, keeper::Link link,
                                            systemd::EventLoop& loop);

} // namespace recycler::controller
