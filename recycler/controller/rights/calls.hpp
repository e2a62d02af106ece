// SPDX-License-Identifier: MIT
// The system calls of a controller that has started. A call that is not on the list fails with
// EPERM: a controller that made it by mistake goes on.
#pragma once

#include "recycler/confine/call_list.hpp"

#include <vector>

namespace recycler::controller {

[[nodiscard]] std::vector<confine::CallRule> controller_calls();

} // namespace recycler::controller
