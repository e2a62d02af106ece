// SPDX-License-Identifier: MIT
// The verb `why`: asks the daemon for the ends that are meant, and for those of the other workers
// that tell what is usual.
#pragma once

#include "recycler/ctl/arguments.hpp"
#include "recycler/ctl/session.hpp"

namespace recycler::ctl {

// Prints; the exit code.
int why(Session& session, const Why& asked);

} // namespace recycler::ctl
