// Finds the row of the page that this process writes. Owns the rules of taking one over from a
// process that is gone, safe against SIGKILL at any instruction; must not know what is counted in
// it.
#pragma once

#include "recycler/request/page_layout.hpp"

#include <cstdint>

namespace recycler::recorder {

// The row of process `pid`, its own; null when all rows belong to living processes (then the header
// counts it). One that `pid` had before (another program of the same process: exec) goes on, else a
// row never used is taken, else one of a dead process, rather one that died without a request in
// flight: what such a row says is evidence. Its sums go on, all that tells of the present starts
// from nothing. Leaves errno as it likes.
request::Row* claim_row(request::Page& page, std::uint32_t pid);

} // namespace recycler::recorder
