// SPDX-License-Identifier: MIT
// What the orders that take their time have in common: they say on a terminal how far they are, and
// outlive the controller that they were given to. Nothing is asked twice that would be done twice.
#pragma once

#include "recycler/ctl/live_page.hpp"
#include "recycler/ctl/session.hpp"

#include <chrono>

namespace recycler::ctl {

// The interval at which recyclerctl asks how far an order is that began under an earlier
// controller.
constexpr std::chrono::milliseconds k_look_again{500};

Answer ask_for_progress(Session& session, const control::Call& call, LivePage& page);
// The connection broke, and the daemon answers again: what was asked may stand or not.
bool is_broken(const Answer& answer);
// Shows the last answer; the exit code.
int end_order(Session& session, const Answer& answer, const control::Call& call, LivePage& page);

} // namespace recycler::ctl
