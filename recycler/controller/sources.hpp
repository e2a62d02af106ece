// SPDX-License-Identifier: MIT
// What wakes the controller, besides its operators.
#pragma once

#include "systemd/event_loop.hpp"

namespace recycler::controller {

struct Sources {
    systemd::Timer deadline;   // the decider's next
    systemd::Timer end_record; // of those that have ended
    systemd::Timer make_ahead; // of the next worker's place
    systemd::Timer progress;   // of orders that somebody waits for
    systemd::Timer output;     // of the workers
    systemd::Timer read_on;    // from clients that were turned away
    systemd::Deferred leave;
    systemd::IoSource news;    // from the keeper
    systemd::IoSource trial;   // what a profile on trial let through; empty: none is
    systemd::IoSource signals; // that somebody sent; empty where they cannot be watched
    systemd::Timer paused_signals;
};

} // namespace recycler::controller
