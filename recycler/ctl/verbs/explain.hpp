// SPDX-License-Identifier: MIT
// recyclerctl explain: joins a balancer's log to what happened to the workers. Needs no daemon.
#pragma once

#include "recycler/ctl/commands.hpp"

namespace recycler::ctl {

// The exit code: 0, or 1 when a file cannot be read whole or nobody reads the answer.
int explain_logs(const Explain& asked, const Job& job);

} // namespace recycler::ctl
