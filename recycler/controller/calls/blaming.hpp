// SPDX-License-Identifier: MIT
// Which requests make the workers grow and which are slow: takes what their recorders have measured
// and adds it up. Kept in memory alone: another controller begins anew.
#pragma once

#include "policies/policy.hpp"
#include "recycler/blame/tally.hpp"
#include "recycler/control/model/record.hpp"
#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/controller/workers/slot_table.hpp"

#include <string>

namespace recycler::controller {

class Blaming {
  public:
    explicit Blaming(const policies::Policy& policy) : policy_(policy) {}

    void begin(WallTime now) { since_ = now; }
    // With each look at a worker: what it has measured since the last one.
    void take(LiveWorker& worker);
    // After its end. Of the request that a worker was ended for nobody else tells: it was never
    // over.
    void take_last(LiveWorker& worker, const control::Record& record);
    // As it is now.
    control::Blame told(LiveWorkers& workers, const SlotTable& slots);

  private:
    const policies::Policy& policy_; // the one in force
    blame::Tally tally_;
    WallTime since_;
};

} // namespace recycler::controller
