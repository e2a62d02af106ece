// SPDX-License-Identifier: MIT
// recyclerctl events: what has happened; followed, until Ctrl-C.
#pragma once

#include "recycler/control/model/calls.hpp"
#include "recycler/ctl/syntax.hpp"

namespace recycler::ctl {

class Session;

Typed<control::EventsCall> typed_events(Syntax& syntax);
// The exit code.
int run_events(Session& session, const control::EventsCall& call);

} // namespace recycler::ctl
