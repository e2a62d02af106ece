// SPDX-License-Identifier: MIT
// recyclerctl open: puts drained workers back.
#pragma once

#include "recycler/control/model/calls.hpp"
#include "recycler/ctl/syntax.hpp"

namespace recycler::ctl {

class Session;

Typed<control::OpenCall> typed_open(Syntax& syntax);
// The exit code.
int run_open(Session& session, const control::OpenCall& call);

} // namespace recycler::ctl
