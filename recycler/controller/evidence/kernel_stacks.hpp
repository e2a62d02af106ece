// SPDX-License-Identifier: MIT
// The kernel stacks of a worker's threads, which the keeper opens ahead of time for us: we have
// given up the right to, and a worker that hangs is looked at in one moment.
#pragma once

#include "recycler/base/ids.hpp"
#include "recycler/keeper/protocol/link.hpp"
#include "recycler/worker/look/thread_look.hpp"

#include <span>
#include <vector>

namespace recycler::controller {

class KernelStacks {
  public:
    KernelStacks() = default; // none
    // Asks for those of these threads, one packet after another. Nothing comes of it where the
    // keeper is of an earlier version.
    KernelStacks(WorkerId id, std::vector<pid_t> threads, keeper::Link& link);
    // The keeper's answer; asks for the next.
    void take(keeper::ThreadFilesArrived arrived, keeper::Link& link);

    [[nodiscard]] const worker::StackFiles& files() const { return files_; }

  private:
    void ask_for_next(keeper::Link& link);

    WorkerId id_;
    std::vector<pid_t> threads_; // that it was not asked for yet
    worker::StackFiles files_;
};

} // namespace recycler::controller
