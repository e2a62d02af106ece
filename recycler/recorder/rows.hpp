// SPDX-License-Identifier: MIT
// Finds the row of the page that this process writes. Owns the rules of taking one over from a
// process that is gone, safe against SIGKILL at any instruction; must not know what a row counts.
#pragma once

#include "recycler/request/page_layout.hpp"

#include <cstdint>

namespace recycler::recorder {

// The row of process `pid`, which calls: the one it had before an exec, else one never used, else
// that of a dead process, rather one that died without a request in flight (the others are
// evidence). The row's sums go on; what it tells of the present starts from nothing. Null when all
// belong to living processes: then the header counts it. May change errno.
request::Row* claim_row(request::Page& page, std::uint32_t pid);

// Whether no other living process has come to accept(), or waits for a slot there: one that has
// would serve a connection that waits for this one. May change errno.
[[nodiscard]] bool is_alone(request::Page& page, const request::Row& own);

} // namespace recycler::recorder
