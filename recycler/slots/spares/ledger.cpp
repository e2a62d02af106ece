// SPDX-License-Identifier: MIT
#include "recycler/slots/spares/ledger.hpp"

#include "recycler/slots/ledger/adopt_start.hpp"
#include "recycler/slots/ledger/ledger_values.hpp"
#include "recycler/slots/timing.hpp"

#include <algorithm>
#include <span>

namespace recycler::slots {

namespace {

constexpr std::uint32_t k_by_operator = 1;
constexpr std::uint32_t k_by_policy = 2;

LedgerSpare row_of(const Spare& spare) {
    LedgerSpare row{.number = spare.worker.id.generation,
                    .phase = is_ready(spare) ? Phase::serving : Phase::starting,
                    .launched_at = nanoseconds(spare.worker.launched_at),
                    .ready_at = nanoseconds(spare.worker.ready_at)};
    if (const auto* ending = std::get_if<SpareEnding>(&spare.phase)) {
        row.phase = Phase::stopping;
        row.order = ending->order;
        row.trigger = code(ending->trigger);
    }
    return row;
}

// Whether the row of a slot says that its front, or who starts beside it, was to be this spare, and
// it has never come there.
bool was_given(const LedgerSlot& row, std::uint32_t number, const Holdings& holdings) {
    const WorkerId front{{row.index}, row.front.generation};
    const WorkerId retiring{{row.index}, row.retiring.generation};
    const WorkerId successor{{row.index}, row.successor_generation};
    return (row.front.spare == number && !holds(holdings.workers, front)) ||
           (row.retiring.spare == number && !holds(holdings.workers, retiring)) ||
           (row.successor_spare == number && !holds(holdings.workers, successor));
}

class SparesAdoption {
  public:
    SparesAdoption(const Ledger& ledger, const Holdings& holdings, const policies::Policy& policy,
                   MonoTime now)
        : ledger_(ledger), holdings_(holdings), policy_(policy), now_(now) {}

    Spares::Kept take() {
        const LedgerSpares& rows = ledger_.spares;
        kept_.next = std::max(rows.next, 1U);
        kept_.brake.restore(rows.brake_applied, at(rows.brake_until), known(rows.well_since));
        std::vector<WorkerId> held;
        std::ranges::copy_if(holdings_.workers, std::back_inserter(held),
                             [](WorkerId id) { return id.slot == k_spare_slot; });
        std::ranges::sort(held); // the oldest first
        for (const WorkerId id : held) {
            kept_.next = std::max(kept_.next, id.generation + 1);
            take(id.generation);
        }
        return std::move(kept_);
    }

  private:
    void take(std::uint32_t number) {
        const auto& rows = ledger_.spares.spares;
        const auto row = std::ranges::find(rows, number, &LedgerSpare::number);
        if (row != rows.end() && row->phase == Phase::leaving) {
            kept_.dead.push_back({{k_spare_slot, number}, row->order, trigger_of(row->trigger)});
        } else if (row != rows.end()) {
            kept_.spares.push_back({worker(*row), phase(*row)});
        } else if (given(number)) {
            const LedgerSpare back{
                .number = number, .launched_at = nanoseconds(now_), .ready_at = nanoseconds(now_)};
            kept_.spares.push_back({worker(back), SpareWaiting{}});
        } else {
            kept_.spares.push_back(
                {worker({.number = number}), SpareEnding{Order::cancel, std::nullopt, now_}});
        }
    }

    [[nodiscard]] bool given(std::uint32_t number) const {
        const std::span<const LedgerSlot> slots(ledger_.slots.data(), ledger_.slot_count);
        return std::ranges::any_of(
            slots, [&](const LedgerSlot& slot) { return was_given(slot, number, holdings_); });
    }

    [[nodiscard]] Worker worker(const LedgerSpare& row) const {
        Worker worker = worker_from({.generation = row.number,
                                     .serial = row.number,
                                     .launched_at = row.launched_at,
                                     .ready_at = row.ready_at},
                                    k_spare_slot, now_);
        return worker;
    }

    [[nodiscard]] SparePhase phase(const LedgerSpare& row) const {
        if (row.phase == Phase::starting) {
            return SpareStarting{gives_up_at(at(row.launched_at), policy_, now_), {.next = now_}};
        }
        if (row.phase == Phase::serving) {
            return SpareWaiting{};
        }
        return SpareEnding{row.order, trigger_of(row.trigger), now_};
    }

    const Ledger& ledger_;
    const Holdings& holdings_;
    const policies::Policy& policy_;
    MonoTime now_;
    Spares::Kept kept_;
};

} // namespace

LedgerSpares to_rows(const Spares::Kept& spares, const std::optional<Trial>& trial) {
    LedgerSpares rows{.next = spares.next,
                      .brake_applied = spares.brake.applied(),
                      .brake_until = nanoseconds(spares.brake.until()),
                      .well_since = nanoseconds(spares.brake.well_since())};
    if (trial) {
        rows.trial =
            (trial->by_operator ? k_by_operator : 0) + (trial->by_policy ? k_by_policy : 0);
    }
    std::size_t used = 0;
    const auto add = [&](const LedgerSpare& row) {
        if (used < rows.spares.size()) {
            rows.spares[used++] = row;
        }
    };
    for (const Spare& spare : spares.spares) {
        add(row_of(spare));
    }
    for (const Dead& dead : spares.dead) {
        add({.number = dead.id.generation,
             .phase = Phase::leaving,
             .order = dead.order,
             .trigger = code(dead.trigger)});
    }
    return rows;
}

Spares::Kept adopt_spares(const Ledger& ledger, const Holdings& holdings,
                          const policies::Policy& policy, MonoTime now) {
    return SparesAdoption(ledger, holdings, policy, now).take();
}

std::optional<Trial> adopt_trial(const Ledger& ledger, MonoTime now) {
    const LedgerSpares& rows = ledger.spares;
    if (rows.trial == 0 || ledger.stopping != 0) {
        return std::nullopt;
    }
    Trial trial;
    trial.by_operator = (rows.trial & k_by_operator) != 0;
    trial.by_policy = (rows.trial & k_by_policy) != 0;
    trial.start_by = now + k_fresh_look;
    return trial;
}

} // namespace recycler::slots
