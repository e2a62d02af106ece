// SPDX-License-Identifier: MIT
#include "recycler/slots/ledger/ledger.hpp"

#include "recycler/slots/ledger/ledger_values.hpp"

namespace recycler::slots {

namespace {

LedgerWorker entry(const Worker& worker, Phase phase) {
    return {.generation = worker.id.generation,
            .serial = worker.listener.serial,
            .launched_at = nanoseconds(worker.launched_at),
            .ready_at = nanoseconds(worker.ready_at),
            .phase = phase,
            .spare = worker.spare.value_or(0)};
}

struct FrontRow {
    LedgerWorker operator()(const Vacant&) const { return {}; }
    LedgerWorker operator()(const Leaving&) const { return {.phase = Phase::leaving}; }
    LedgerWorker operator()(const Starting& s) const { return entry(s.worker, Phase::starting); }
    LedgerWorker operator()(const Serving& s) const { return entry(s.worker, Phase::serving); }
    LedgerWorker operator()(const Drained& s) const { return entry(s.worker, Phase::drained); }
    LedgerWorker operator()(const Draining& s) const {
        constexpr std::array phases{Phase::draining_to_hold, Phase::draining_to_replace,
                                    Phase::draining_to_leave};
        LedgerWorker row = entry(s.worker, phases[s.then.index()]);
        row.cut_at = nanoseconds(s.cut_at);
        if (const auto* replace = std::get_if<ThenReplace>(&s.then)) {
            row.trigger = code(replace->trigger);
        }
        return row;
    }
    LedgerWorker operator()(const Parking& s) const {
        LedgerWorker row = entry(s.worker, Phase::parking);
        row.cut_at = nanoseconds(s.cut_at);
        row.trigger = code(s.trigger);
        return row;
    }
    LedgerWorker operator()(const Stopping& s) const {
        LedgerWorker row = entry(s.worker, Phase::stopping);
        row.cut_at = nanoseconds(s.proof_by);
        row.order = s.order;
        row.trigger = code(s.trigger);
        return row;
    }
};

LedgerWorker retiring_row(const Retiring& retiring) {
    LedgerWorker row = entry(retiring.worker, Phase::draining_to_replace);
    row.trigger = code(retiring.trigger);
    if (const auto* steered = std::get_if<Steered>(&retiring.phase)) {
        row.cut_at = nanoseconds(steered->cut_at);
    } else if (const auto* draining = std::get_if<RetiringDraining>(&retiring.phase)) {
        row.cut_at = nanoseconds(draining->cut_at);
    } else if (const auto* stopping = std::get_if<RetiringStopping>(&retiring.phase)) {
        row.phase = Phase::stopping;
        row.order = stopping->order;
    } else if (std::holds_alternative<RetiringOrphaned>(retiring.phase)) {
        row.phase = Phase::leaving;
    }
    return row;
}

std::uint8_t bits_of(const Stops& stops) {
    return static_cast<std::uint8_t>((stops.ignored ? 1 : 0) + (stops.told ? 2 : 0));
}
std::uint32_t milliseconds(Duration took) {
    return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::milliseconds>(took).count());
}

} // namespace

LedgerSlot to_row(const Slot& slot) {
    LedgerSlot row{.index = slot.id.index,
                   .wanted = slot.wanted,
                   .gate = slot.gate,
                   .due_trigger = slot.due ? code(slot.due->trigger) : k_no_trigger,
                   .shut_at_stop = static_cast<std::uint8_t>(slot.shut_at_stop ? 1 : 0),
                   .stops = bits_of(slot.stops),
                   .next_generation = slot.next_generation,
                   .next_serial = slot.next_serial,
                   .serial = slot.listener.serial,
                   .recorded = slot.recorded,
                   .brake_applied = slot.brake.applied(),
                   .stop_took = milliseconds(slot.stops.took),
                   .brake_until = nanoseconds(slot.brake.until()),
                   .due_since = slot.due ? nanoseconds(slot.due->since) : 0,
                   .settle_until = slot.settling ? nanoseconds(slot.settling->until) : 0,
                   .well_since = nanoseconds(slot.brake.well_since()),
                   .turned_away = slot.turned_away,
                   .front = std::visit(FrontRow{}, slot.front)};
    if (slot.unattended) {
        row.unattended_since = nanoseconds(slot.unattended->since);
        row.start_failed = slot.unattended->failed ? 1 : 0;
        row.lost_unattended = slot.unattended->lost_in_all;
    }
    if (slot.retiring && slot.retiring->unattended) {
        row.retiring_unattended_since = nanoseconds(slot.retiring->unattended->since);
        row.retiring_start_failed = slot.retiring->unattended->failed ? 1 : 0;
        row.lost_retiring_unattended = slot.retiring->unattended->lost_in_all;
    }
    if (slot.retiring) {
        row.retiring = retiring_row(*slot.retiring);
    }
    if (slot.successor) {
        row.successor_opening = static_cast<std::uint8_t>(slot.successor->opening);
        row.successor_generation = slot.successor->worker.id.generation;
        row.successor_serial = slot.successor->worker.listener.serial;
        row.successor_spare = slot.successor->worker.spare.value_or(0);
        row.successor_launched_at = nanoseconds(slot.successor->worker.launched_at);
    }
    for (std::size_t i = 0; i < std::min(slot.dead.size(), row.dead.size()); ++i) {
        const Dead& dead = slot.dead[i];
        row.dead[i] = {.generation = dead.id.generation,
                       .order = dead.order,
                       .trigger = code(dead.trigger),
                       .spare = dead.spare.value_or(0)};
    }
    return row;
}

} // namespace recycler::slots
