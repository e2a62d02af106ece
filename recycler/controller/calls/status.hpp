// SPDX-License-Identifier: MIT
// What `status` shows, put together from what the decider decides and what the controller holds.
// Reads; changes nothing.
#pragma once

#include "recycler/control/model/model.hpp"
#include "recycler/controller/policy/change.hpp"
#include "recycler/controller/start/ledger_file.hpp"

namespace recycler::controller {

class Status {
  public:
    struct Uses {
        const systemd::EventLoop& loop;
        const slots::Decider& decider;
        const LiveWorkers& workers;
        const SlotTable& slots;
        const GoverningPolicy& governing;
        const LedgerFile& ledger;
        const Containment& containment;
        const Launches& launches;
        const Watching& watching;
        const PolicyChange& changes;
        const events::EventLog& event_log;
        int keeper_pid = 0;
    };
    // All of `uses` must outlive it.
    explicit Status(Uses uses) : uses_(uses) {}

    // The app as a whole, and of its slots those that are `wanted`.
    [[nodiscard]] control::Snapshot shown(const std::vector<SlotId>& wanted) const;
    // Those slots alone.
    [[nodiscard]] std::vector<control::SlotStatus> slots(const std::vector<SlotId>& wanted) const;

  private:
    [[nodiscard]] std::vector<std::string> limitations(std::optional<Bytes> left) const;

    Uses uses_;
};

} // namespace recycler::controller
