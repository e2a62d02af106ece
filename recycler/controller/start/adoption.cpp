// SPDX-License-Identifier: MIT
#include "recycler/controller/start/adoption.hpp"

#include <algorithm>

namespace recycler::controller {

bool has_ended(const keeper::HeldWorker& worker) {
    return std::holds_alternative<keeper::Ended>(worker.state) ||
           std::holds_alternative<keeper::Failed>(worker.state);
}

namespace {

// A row of its own, or of the slot that it was about to take.
bool has_row(const slots::Ledger& ledger, std::uint32_t spare) {
    const auto* const end = ledger.slots.data() + ledger.slot_count;
    return std::ranges::find(ledger.spares.spares, spare, &slots::LedgerSpare::number) !=
               ledger.spares.spares.end() ||
           std::any_of(ledger.slots.data(), end, [spare](const slots::LedgerSlot& slot) {
               return slot.front.spare == spare || slot.retiring.spare == spare ||
                      slot.successor_spare == spare;
           });
}

} // namespace

// A slot leaves the ledger when all of its workers are counted, and a spare when it is.
bool is_counted(const slots::Ledger& ledger, WorkerId id) {
    if (id.slot == k_spare_slot) {
        return !has_row(ledger, id.generation);
    }
    const auto* const end = ledger.slots.data() + ledger.slot_count;
    const auto* const row =
        std::find_if(ledger.slots.data(), end,
                     [id](const slots::LedgerSlot& slot) { return slot.index == id.slot.index; });
    return row == end || row->recorded == id.generation;
}

std::vector<events::EventLog::Ended> ended_while_away(const LiveWorkers& workers,
                                                      const SlotTable& slots) {
    std::vector<events::EventLog::Ended> ended;
    for (const auto& [id, worker] : workers) {
        if (ended_while_away(worker)) {
            ended.emplace_back(slots.name(id.slot), id.generation);
        }
    }
    return ended;
}

void place_held_workers(const slots::Ledger& ledger, LiveWorkers& workers) {
    for (const slots::LedgerSpare& row : ledger.spares.spares) {
        const auto held = workers.find({k_spare_slot, row.number});
        if (row.number != 0 && held != workers.end()) {
            held->second.listener = {k_spare_slot, row.number};
            if (row.ready_at != 0) {
                held->second.ready_at = MonoTime(Duration(row.ready_at));
            }
        }
    }
    for (std::size_t i = 0; i < ledger.slot_count; ++i) {
        const slots::LedgerSlot& row = ledger.slots[i];
        const slots::LedgerWorker successor{.generation = row.successor_generation,
                                            .serial = row.successor_serial,
                                            .launched_at = row.successor_launched_at};
        for (const slots::LedgerWorker& entry : {row.front, row.retiring, successor}) {
            const auto held = workers.find({{row.index}, entry.generation});
            if (held != workers.end()) {
                held->second.listener = {{row.index}, entry.serial};
                if (held->second.birth && entry.launched_at != 0) {
                    // It was booted before, and has been this worker since then.
                    held->second.launched_at = MonoTime(Duration(entry.launched_at));
                }
                if (entry.ready_at != 0) {
                    held->second.ready_at = MonoTime(Duration(entry.ready_at));
                }
            }
        }
    }
}

} // namespace recycler::controller
