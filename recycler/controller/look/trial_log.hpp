// SPDX-License-Identifier: MIT
// What workers whose profile is on trial (sandbox.seccomp = "log") did that it forbids, as the
// kernel's log tells it: each call once for each worker. Opens the log only for such a policy.
#pragma once

#include "policies/policy.hpp"
#include "recycler/control/model/record.hpp"
#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/controller/workers/slot_table.hpp"
#include "recycler/worker/signals/kernel_log.hpp"

#include <optional>
#include <string>
#include <vector>

namespace recycler::controller {

class TrialLog {
  public:
    // -1: nothing is on trial, or the log cannot be read.
    [[nodiscard]] int follow(const policies::Policy& policy);

    // The events that have come: "forbidden-call".
    [[nodiscard]] std::vector<control::EventLine> read(LiveWorkers& workers, const SlotTable& slots,
                                                       WallTime now);

    // A sentence when what is on trial cannot be told.
    [[nodiscard]] std::optional<std::string> limitation() const;

  private:
    std::optional<worker::KernelLog> log_;
    std::optional<Error> why_not_; // it cannot be read, or could not when it was last
};

} // namespace recycler::controller
