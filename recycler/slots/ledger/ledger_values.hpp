// SPDX-License-Identifier: MIT
// What stands in a row of the ledger, in the decider's own types. Whether it still holds is the
// business of adopt.cpp.
#pragma once

#include "recycler/slots/ledger/ledger.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace recycler::slots {

inline std::int64_t nanoseconds(MonoTime at) {
    return at.time_since_epoch().count();
}
inline std::int64_t nanoseconds(std::optional<MonoTime> at) {
    return at ? nanoseconds(*at) : 0;
}

inline std::uint8_t code(std::optional<Trigger> trigger) {
    return trigger ? static_cast<std::uint8_t>(*trigger) : k_no_trigger;
}

inline MonoTime at(std::int64_t nanoseconds) {
    return MonoTime(Duration(nanoseconds));
}

// Also one of a later version: what that began is ended, recorded and counted under its number.
inline std::optional<Trigger> trigger_of(std::uint8_t code) {
    return code == k_no_trigger ? std::nullopt : std::optional(static_cast<Trigger>(code));
}

inline bool is_known(Trigger trigger) {
    return std::ranges::find(recycler::k_triggers, trigger) != recycler::k_triggers.end();
}

inline std::optional<MonoTime> known(std::int64_t nanoseconds) {
    return nanoseconds == 0 ? std::nullopt : std::optional(at(nanoseconds));
}

inline std::optional<std::uint32_t> spare_of(const LedgerWorker& row) {
    return row.spare == 0 ? std::nullopt : std::optional(row.spare);
}

inline Worker worker_from(const LedgerWorker& row, SlotId slot, MonoTime now) {
    return Worker{.id = {slot, row.generation},
                  .listener = {slot, row.serial},
                  .launched_at = at(row.launched_at),
                  .ready_at = row.ready_at == 0 ? std::nullopt : std::optional(at(row.ready_at)),
                  .sample_at = now,
                  .trend = {},
                  .last = std::nullopt,
                  .spare = spare_of(row)};
}

inline Stops stops_of(const LedgerSlot& row) {
    return {.took = std::chrono::milliseconds(row.stop_took),
            .ignored = (row.stops & 1U) != 0,
            .told = (row.stops & 2U) != 0};
}

} // namespace recycler::slots
