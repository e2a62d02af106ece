// SPDX-License-Identifier: MIT
// What a controller that adopts knows of each worker: the keeper says whether it lives, the ledger
// of the controller before what it was to its slot. Plain questions about both.
#pragma once

#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/controller/workers/slot_table.hpp"
#include "recycler/events/event_log.hpp"
#include "recycler/slots/ledger/ledger.hpp"

namespace recycler::controller {

[[nodiscard]] bool has_ended(const keeper::HeldWorker& worker);
// Whether its record was counted before the controller that did so was killed.
[[nodiscard]] bool is_counted(const slots::Ledger& ledger, WorkerId id);

// Which listener each held worker serves, and since when: the ledger knows, the keeper does not.
void place_held_workers(const slots::Ledger& ledger, LiveWorkers& workers);

// Those of whom a controller before may have written the record.
[[nodiscard]] std::vector<events::EventLog::Ended> ended_while_away(const LiveWorkers& workers,
                                                                    const SlotTable& slots);

} // namespace recycler::controller
