// SPDX-License-Identifier: MIT
// recyclerctl recycle: drains and replaces. Outlives the controller that it asked.
#pragma once

#include "recycler/control/model/calls.hpp"
#include "recycler/ctl/syntax.hpp"

namespace recycler::ctl {

class Session;

Typed<control::RecycleCall> typed_recycle(Syntax& syntax);
// The exit code.
int run_recycle(Session& session, const control::RecycleCall& call);

} // namespace recycler::ctl
