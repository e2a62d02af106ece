// SPDX-License-Identifier: MIT
// Starts that were under way when a controller ended: they go on, and none begins anew. PURE.
#pragma once

#include "policies/policy.hpp"
#include "recycler/slots/ledger/adopt.hpp"

namespace recycler::slots {

// Of a worker that is not ready yet. Its time began with its launch: where controllers keep dying,
// one that began anew with each of them would never end.
[[nodiscard]] MonoTime gives_up_at(MonoTime launched_at, const policies::Policy& policy,
                                   MonoTime now);

// The successor that starts beside the front of `slot`, which has been adopted so far. Nothing has
// been steered to it. None: there was none, or it was written down and not launched, or its
// listener was not opened.
[[nodiscard]] std::optional<Successor> successor_from(const LedgerSlot& row, const Slot& slot,
                                                      const Holdings& holdings,
                                                      const policies::Policy& policy, MonoTime now);

} // namespace recycler::slots
