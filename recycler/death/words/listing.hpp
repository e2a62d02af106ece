// SPDX-License-Identifier: MIT
// The proof as a list: every piece of evidence by name, with its value or "unknown". Decides
// nothing.
#pragma once

#include "recycler/death/evidence.hpp"
#include "recycler/death/explain.hpp"

#include <vector>

namespace recycler::death {

// What was looked at, in the order in which a person would ask. Things that cannot exist for this
// worker (the sender of a signal when it exited, a core dump when there was no signal) are left
// out.
std::vector<Fact> list_evidence(const Evidence& evidence);

} // namespace recycler::death
