// SPDX-License-Identifier: MIT
// recyclerctl blame: asks which requests make workers grow and which are slow, and shows it.
#pragma once

#include "recycler/ctl/render/blame.hpp"
#include "recycler/ctl/syntax.hpp"

namespace recycler::ctl {

class Session;

struct Blame {
    BlameBy by = BlameBy::both;
};

Typed<Blame> typed_blame(Syntax& syntax);
// The exit code.
int run_blame(Session& session, const Blame& asked);

} // namespace recycler::ctl
