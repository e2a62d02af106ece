// SPDX-License-Identifier: MIT
// recyclerctl drain: closes gates, and waits until the workers are idle.
#pragma once

#include "recycler/control/model/calls.hpp"
#include "recycler/ctl/syntax.hpp"

namespace recycler::ctl {

class Session;

Typed<control::DrainCall> typed_drain(Syntax& syntax);
// The exit code.
int run_drain(Session& session, const control::DrainCall& call);

} // namespace recycler::ctl
