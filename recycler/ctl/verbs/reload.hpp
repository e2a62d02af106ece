// SPDX-License-Identifier: MIT
// recyclerctl reload: has the policy read again.
#pragma once

#include "recycler/control/model/calls.hpp"
#include "recycler/ctl/syntax.hpp"

namespace recycler::ctl {

class Session;

Typed<control::ReloadCall> typed_reload(Syntax& syntax);
// The exit code.
int run_reload(Session& session, const control::ReloadCall& call);

} // namespace recycler::ctl
