// SPDX-License-Identifier: MIT
// The crash-loop brake of one slot. The first `burst` unexpected ends within `within` are answered
// at once; after that each restart waits, one second at first and twice as long each time, at most
// `backoff_max`. What ends a worker that had answered requests is a request and not its start, and
// whoever sends it would keep the slot empty: its restart waits a second at most.
// A slot that has served for `within` without another such end is as new, however many workers did
// so one after another: that each was replaced in time is no reason to distrust the next. So is one
// whose worker has become ready by a plan that none of those that ended had.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/units.hpp"
#include "recycler/slots/event.hpp"

#include <optional>
#include <vector>

namespace recycler::slots {

class Brake {
  public:
    // Notes an unexpected end and says when the slot may start its next worker: `now`, or later.
    // `plan`: the number of the plan that the worker was started by; it never falls.
    [[nodiscard]] MonoTime ended(MonoTime now, const policies::Restart& restart,
                                 Ending ending = Ending::died, std::uint32_t plan = 0);

    // A worker has been serving from `since` to `now`. All is forgiven when the slot has been
    // served for `within` since the last end and the wait after it: an old worker that goes on
    // serving beside replacements that fail proves nothing.
    void served(MonoTime now, MonoTime since, const policies::Restart& restart);

    // A worker of that plan has become ready: all is forgiven that happened under those before.
    void started(std::uint32_t plan);

    // The time until which the slot is held back, if it lies after `now`.
    [[nodiscard]] std::optional<MonoTime> holds(MonoTime now) const;

    // For the ledger: how often in a row the brake has been applied, until when, and since when its
    // slot has been served (none: not since).
    [[nodiscard]] std::uint32_t applied() const { return applied_; }
    [[nodiscard]] MonoTime until() const { return until_; }
    [[nodiscard]] std::optional<MonoTime> well_since() const { return well_since_; }
    void restore(std::uint32_t applied, MonoTime until, std::optional<MonoTime> well_since = {}) {
        applied_ = applied;
        until_ = until;
        well_since_ = well_since;
    }

  private:
    std::vector<MonoTime> ends_; // at most `burst`, oldest first
    std::uint32_t applied_ = 0;
    MonoTime until_;
    std::optional<MonoTime> well_since_; // served since then; none: not seen since the last end
    std::uint32_t plan_ = 0;             // the highest of those that ended
};

} // namespace recycler::slots
