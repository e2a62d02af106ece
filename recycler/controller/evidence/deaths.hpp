// SPDX-License-Identifier: MIT
// From a worker's end to its record, and until nothing of it is left: waits for the evidence that
// comes late, has it judged and kept, clears away what the worker left, and has the keeper forget
// it. Owns the order in which the dead are recorded; the decider counts those that are cleared away
// (EndRecorded).
#pragma once

#include "recycler/controller/calls/blaming.hpp"
#include "recycler/controller/evidence/late_evidence.hpp"
#include "recycler/controller/evidence/pending_records.hpp"
#include "recycler/controller/learn.hpp"
#include "recycler/controller/look/watching.hpp"
#include "recycler/controller/workers/clearing.hpp"
#include "recycler/controller/workers/containment.hpp"
#include "recycler/keeper/protocol/link.hpp"

namespace recycler::controller {

class Deaths {
  public:
    struct Uses {
        systemd::EventLoop& loop;
        LiveWorkers& workers; // removes from them
        const SlotTable& slots;
        const policies::Policy& policy;
        const worker::Account& account;
        const Containment& containment;
        keeper::Link& link;
        events::EventLog& event_log;
        Watching& watching;
        Blaming& blaming;
        Telling& telling;
        Learn& learn;
    };
    // All of `uses` must outlive it.
    explicit Deaths(Uses uses);
    Result<void> add_sources();

    void carry_out(const slots::RecordEnd& action);
    void carry_out(const slots::Forget& action);

    // A piece of evidence has come that took its time.
    void look_again();

  private:
    void record_next();
    [[nodiscard]] control::Record record_of(const slots::RecordEnd& order, LiveWorker& worker);
    void record_end(const slots::RecordEnd& order);
    void cleared(const slots::EndRecorded& recorded, const Result<void>& result);

    Uses uses_;
    PendingRecords pending_;
    LateEvidence late_;
    Clearing clearing_;
    systemd::Timer next_; // of those that have ended
};

} // namespace recycler::controller
