// SPDX-License-Identifier: MIT
// How a client comes to a daemon that may be stopped, or have more clients waiting than it takes:
// never without an end.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/base/units.hpp"

#include <string>
#include <vector>

namespace recycler::control {

// Connects to the socket `path`, and waits up to `patience` for a place in its queue. ETIMEDOUT:
// there was none; ECANCELED: `interrupt` (a descriptor, or -1) became readable.
Result<UniqueFd> reach(const std::string& path, int interrupt, Duration patience);

// The apps whose daemon listens, also one that takes nobody at present; in order.
std::vector<std::string> listening_apps();

} // namespace recycler::control
