// The guard against recycle storms. Where recycle.memory is below what a fresh worker needs, every
// replacement is due at once and nothing is gained by it. After several such recycles in a row the
// guard holds the trigger `memory` until a policy is loaded again. It knows what retired workers
// used, and neither slots nor how a recycle is done.
//
// Held wrongly, workers that leak would grow into memory.max. So a worker counts only when it is
// shown to have used that much before it could leak: see baseline_of(). And since anybody who may
// ask for a huge page can bloat one fresh worker after another, a single one that serves on below
// the limit disproves it: see serves_below().
#pragma once

#include "policies/policy.hpp"
#include "policies/trend.hpp"

#include <string>
#include <vector>

namespace recycler::fleet {

// Why the trigger is held. `baseline`: the median of what the last of them used when fresh.
struct Holding {
    Bytes baseline;
    Bytes limit; // recycle.memory
    bool operator==(const Holding&) const = default;
};

// So many in a row, over all slots and within the window. One huge request bloats one worker, and a
// batch of them a few; a wrong limit bloats all.
inline constexpr std::size_t k_storm = 5;
// Starts of start.timeout's default, one after another, and room for traffic between them.
inline constexpr Duration k_storm_window = std::chrono::minutes(10);
// With so few requests served, what a worker uses is what it has loaded. A leak would have to be a
// third of the limit each time to look the same.
inline constexpr std::uint64_t k_few_requests = 3;

// What the newest sample tells of a worker's need before it leaks: its bloat, when it has served a
// few requests; its bloat less what its requests have left behind, when that has been measured.
// None within a request, whose memory may go with it, and before the first: what it had when it
// became ready is known by then.
[[nodiscard]] std::optional<Bytes> baseline_of(const policies::Trend& trend);

// Whether the newest sample shows that a worker can do with less than `limit`: it has served more
// than the few requests with which it counts as fresh, and is below.
[[nodiscard]] bool serves_below(Bytes limit, const policies::Trend& trend);

class StormGuard {
  public:
    // A worker of this baseline has been retired for memory at `limit`. True when that trips the
    // guard.
    [[nodiscard]] bool retired(MonoTime now, Bytes baseline, Bytes limit);

    // A worker serves below the limit: those that count so far, and what is held, prove nothing.
    // True when something was held.
    [[nodiscard]] bool disproved();

    [[nodiscard]] const std::optional<Holding>& holding() const { return holding_; }

    // For the ledger: what the controller before held; none to begin with fresh eyes.
    void restore(std::optional<Holding> holding) {
        in_vain_.clear();
        holding_ = holding;
    }

  private:
    struct InVain {
        MonoTime at;
        Bytes baseline;
    };
    std::vector<InVain> in_vain_; // oldest first, fewer than k_storm
    std::optional<Holding> holding_;
};

// One sentence or a few for people: what is held, why, what still guards, and what to do.
[[nodiscard]] std::string in_words(const Holding& holding, const policies::Memory& memory);

} // namespace recycler::fleet
