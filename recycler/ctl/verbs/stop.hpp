// SPDX-License-Identifier: MIT
// recyclerctl stop: drains all and ends the daemon.
#pragma once

#include "recycler/control/model/calls.hpp"
#include "recycler/ctl/syntax.hpp"

namespace recycler::ctl {

class Session;

Typed<control::StopCall> typed_stop(Syntax& syntax);
// The exit code.
int run_stop(Session& session, const control::StopCall& call);

} // namespace recycler::ctl
