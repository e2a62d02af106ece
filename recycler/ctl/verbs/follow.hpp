// SPDX-License-Identifier: MIT
// What goes on until Ctrl-C: events that are followed, a status that is watched. Both outlive the
// controller that answers them.
#pragma once

#include "recycler/ctl/session.hpp"

namespace recycler::ctl {

// Each gives the exit code.
int follow_events(Session& session);
int watch_status(Session& session, const control::StatusCall& call);

} // namespace recycler::ctl
