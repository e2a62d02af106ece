// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/open.hpp"

#include "recycler/ctl/session.hpp"

namespace recycler::ctl {

Typed<control::OpenCall> typed_open(Syntax& syntax) {
    return [slots = syntax.slots(Need::must)](Output) { return control::OpenCall{*slots}; };
}

int run_open(Session& session, const control::OpenCall& call) {
    return ask(session, call);
}

} // namespace recycler::ctl
