// SPDX-License-Identifier: MIT
// The spares in the ledger, and taken over from the controller before: its rows say what was meant,
// the keeper what is there. A pure translation.
#pragma once

#include "recycler/slots/ledger/adopt.hpp"
#include "recycler/slots/spares/spares.hpp"
#include "recycler/slots/spares/trial.hpp"

namespace recycler::slots {

[[nodiscard]] LedgerSpares to_rows(const Spares::Kept& spares, const std::optional<Trial>& trial);

// One that was given to a slot and did not come there waits again. One that no row knows is ended.
[[nodiscard]] Spares::Kept adopt_spares(const Ledger& ledger, const Holdings& holdings,
                                        const policies::Policy& policy, MonoTime now);

// What was being tried is tried anew, unless the app stops: whoever waited for it has gone.
[[nodiscard]] std::optional<Trial> adopt_trial(const Ledger& ledger, MonoTime now);

} // namespace recycler::slots
