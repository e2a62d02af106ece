// SPDX-License-Identifier: MIT
// The orders that take their time: drain, recycle, stop and reload. They say on a terminal how far
// they are, and outlive the controller that they were given to: nothing is asked twice that would
// be done twice.
#pragma once

#include "recycler/ctl/session.hpp"

namespace recycler::ctl {

// Each gives the exit code.
int drain(Session& session, control::DrainCall call);
int recycle(Session& session, const control::RecycleCall& call);
int stop(Session& session);
int reload(Session& session);

} // namespace recycler::ctl
