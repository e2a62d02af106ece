// SPDX-License-Identifier: MIT
// `recyclerctl blame`: asks which requests make workers grow and which are slow, and shows it.
#pragma once

#include "recycler/ctl/session.hpp"

namespace recycler::ctl {

// The exit code.
int blame(Session& session, const Blame& asked);

} // namespace recycler::ctl
