// SPDX-License-Identifier: MIT
// The lock that keeps a second daemon away from an app.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"

#include <string>

namespace recycler::controller {

// Makes `folder` (RUNTIME/APP) and locks it: held as long as the descriptor, or a duplicate in the
// keeper, is open. A daemon that is just ending is waited for, 2 s at most.
Result<UniqueFd> lock_app(const std::string& folder, const std::string& app);

} // namespace recycler::controller
