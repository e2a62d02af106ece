// The crash-loop brake of one slot. The first `burst` unexpected ends within `within` are answered
// at once; after that each restart waits, one second at first and twice as long each time, at most
// `backoff_max`. Serving for `within` without another end releases the brake. What ends a worker
// that had answered requests is a request and not its start, and whoever sends it would keep the
// slot empty: its restart waits a second at most.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/units.hpp"
#include "recycler/fleet/event.hpp"

#include <vector>

namespace recycler::fleet {

class Brake {
  public:
    // Notes an unexpected end and says when the slot may start its next worker: `now`, or later.
    [[nodiscard]] MonoTime ended(MonoTime now, const policies::Restart& restart,
                                 Ending ending = Ending::died);

    // A worker has been serving from `since` to `now`. All is forgiven when the last end, and the
    // wait after it, lie `within` or longer back: an old worker that goes on serving beside
    // replacements that fail proves nothing.
    void served(MonoTime now, MonoTime since, const policies::Restart& restart);

    // The time until which the slot is held back, if it lies after `now`.
    [[nodiscard]] std::optional<MonoTime> holds(MonoTime now) const;

    // For the ledger: how often in a row the brake has been applied, and until when.
    [[nodiscard]] std::uint32_t applied() const { return applied_; }
    [[nodiscard]] MonoTime until() const { return until_; }
    void restore(std::uint32_t applied, MonoTime until) {
        applied_ = applied;
        until_ = until;
    }

  private:
    std::vector<MonoTime> ends_; // at most `burst`, oldest first
    std::uint32_t applied_ = 0;
    MonoTime until_;
};

} // namespace recycler::fleet
