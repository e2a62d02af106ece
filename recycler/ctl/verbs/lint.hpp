// SPDX-License-Identifier: MIT
// recyclerctl lint: reads a balancer's configuration and tells what in it defeats recycling without
// loss. Needs no daemon.
#pragma once

#include "recycler/ctl/commands.hpp"

namespace recycler::ctl {

// The exit code: 0, 1 when a finding loses requests or executes one twice or a file cannot be read,
// 2 when it is not clear whose configuration a file is.
int lint_configuration(const Lint& asked, const Job& job);

} // namespace recycler::ctl
