// SPDX-License-Identifier: MIT
// The end of a worker's processes where no cgroup holds them together.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/worker/look/proc.hpp"

namespace recycler::worker {

// Sends SIGKILL to each that `processes` lists, and lists again once it is held: a number may be
// another's as soon as its process has ended, and whoever holds one of those then is spared.
// What ends meanwhile is no error, and neither is one that is forked meanwhile and lives on.
[[nodiscard]] Result<void> strike(const ListProcesses& processes);

} // namespace recycler::worker
