// SPDX-License-Identifier: MIT
// What version 7 has added to the example of the ledger: spares.
#pragma once

#include "recycler/slots/ledger/ledger.hpp"

namespace recycler::slots {

inline void add_what_is_new_in_7(Ledger& ledger) {
    for (std::uint32_t i = 0; i < ledger.slot_count; ++i) {
        LedgerSlot& slot = ledger.slots[i];
        slot.successor_spare = 1001U + i;
        slot.front.spare = 1011U + i;
        slot.retiring.spare = 1021U + i;
        slot.dead[0].spare = 1031U + i;
    }
    ledger.spares = {.next = 1041,
                     .trial = 3,
                     .brake_applied = 1042,
                     .brake_until = 1043,
                     .well_since = 1044,
                     .spares = {}};
    for (std::uint32_t i = 0; i < 3; ++i) {
        ledger.spares.spares[i] = {.number = 1051 + i,
                                   .phase = Phase::stopping,
                                   .order = Order::recycle,
                                   .trigger = 2,
                                   .launched_at = 1061 + i,
                                   .ready_at = 1071 + i};
    }
}

} // namespace recycler::slots
