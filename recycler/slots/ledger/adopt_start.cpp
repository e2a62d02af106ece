// SPDX-License-Identifier: MIT
#include "recycler/slots/ledger/adopt_start.hpp"

#include "recycler/slots/ledger/ledger_values.hpp"
#include "recycler/slots/timing.hpp"

namespace recycler::slots {

MonoTime gives_up_at(MonoTime launched_at, const policies::Policy& policy, MonoTime now) {
    const Duration timeout = policy.start.timeout;
    return std::max(launched_at + timeout, now + std::min(timeout, k_fresh_look));
}

std::optional<Successor> successor_from(const LedgerSlot& row, const Slot& slot,
                                        const Holdings& holdings, const policies::Policy& policy,
                                        MonoTime now) {
    const LedgerWorker entry{.generation = row.successor_generation,
                             .serial = row.successor_serial,
                             .launched_at = row.successor_launched_at,
                             .spare = row.successor_spare};
    Worker worker = worker_from(entry, slot.id, now);
    const bool goes_on = entry.generation != 0 && std::holds_alternative<Serving>(slot.front) &&
                         slot.due && slot.wanted == Wanted::in && !slot.retiring &&
                         holds(holdings.workers, worker.id) &&
                         holds(holdings.listeners, worker.listener);
    if (!goes_on) {
        return std::nullopt;
    }
    const MonoTime give_up_at = gives_up_at(worker.launched_at, policy, now);
    return Successor{
        std::move(worker), static_cast<Opening>(row.successor_opening), give_up_at, {.next = now}};
}

} // namespace recycler::slots
