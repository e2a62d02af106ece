// SPDX-License-Identifier: MIT
// Folders of unix sockets where the workers themselves may write: sentences for `check` and for the
// log. Nothing of root's is at risk there (unix_names.hpp), but the slots are.
#pragma once

#include "policies/policy.hpp"

#include <string>
#include <vector>

namespace recycler::worker {

// One sentence for each such folder of the policy that is there. None for workers that run as root,
// or as a user that this machine does not know.
[[nodiscard]] std::vector<std::string> exposed_folders(const policies::App& app);

} // namespace recycler::worker
