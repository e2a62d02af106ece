// SPDX-License-Identifier: MIT
// One slot, taken over from the controller before: its row of the ledger says what was meant, the
// keeper what is there. A pure translation; what it cannot take over as it was is ordered undone.
#pragma once

#include "recycler/slots/ledger/ledger.hpp"

#include <algorithm>

namespace recycler::slots {

// What the keeper still holds when a controller starts over.
struct Holdings {
    std::vector<ListenerId> listeners;
    std::vector<WorkerId> workers;   // alive, or ended and not recorded
    std::vector<WorkerId> keeping{}; // of these: they have a channel
};

template <typename Id>
[[nodiscard]] bool holds(const std::vector<Id>& held, Id id) {
    return std::find(held.begin(), held.end(), id) != held.end();
}

struct Adopted {
    Slot slot;
    std::vector<Action> actions;
    std::vector<Action> end_records; // of those that ended and were not confirmed to be recorded
};

// A drain or park that was to replace a worker is cancelled, and due as before; all else goes on,
// an overlap with the successor that starts already. `policy` gives the limits for what goes on
// from `now`.
[[nodiscard]] Adopted adopt_slot(const LedgerSlot& row, const Holdings& holdings,
                                 const policies::Policy& policy, MonoTime now);

} // namespace recycler::slots
