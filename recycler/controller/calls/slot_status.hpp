// SPDX-License-Identifier: MIT
// What `status` shows of slots, of their workers and of all that they did together: what the
// decider decided, in the words of the protocol. Opens nothing and changes nothing.
#pragma once

#include "recycler/control/model/model.hpp"
#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/controller/workers/slot_table.hpp"
#include "recycler/events/event_log.hpp"
#include "recycler/slots/decider.hpp"

namespace recycler::controller {

struct Scene {
    const slots::Decider& decider;
    const LiveWorkers& workers;
    const SlotTable& slots;
    const events::EventLog& event_log;
    std::optional<Bytes> recycle_at;
    bool can_show = true; // a gate that is closed can be opened
    MonoTime now;
    WallTime wall_now;
};

[[nodiscard]] control::SlotStatus slot_status(const Scene& scene, const slots::Slot& slot);
[[nodiscard]] control::Totals totals_of(const slots::Decider& decider, const LiveWorkers& workers);

} // namespace recycler::controller
