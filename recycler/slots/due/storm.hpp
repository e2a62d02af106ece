// SPDX-License-Identifier: MIT
// The guard against recycle storms. Where recycle.memory is below what a worker needs, every
// replacement is due soon and nothing is gained by it. The guard then holds the trigger `memory`
// until a policy is loaded again: workers are retired well before memory.max instead. It knows what
// retired workers used, and neither slots nor how a recycle is done.
//
// A worker that loads what it needs with its first requests looks like one that leaks. So the
// trigger is held for two reasons only. Several in a row are shown to have used that much before
// they could leak: see baseline_of(). Or, after several in a row, one is let live on and stays
// where it is (living_on.hpp). And since anybody who may ask for a huge page can bloat one fresh
// worker after another, a single one that serves on below the limit disproves it: see
// serves_below().
#pragma once

#include "policies/policy.hpp"
#include "recycler/triggers/growth/trend.hpp"

#include <string>
#include <vector>

namespace recycler::slots {

// Why the trigger is held. `baseline`: what a worker needs, as the median of several when fresh, or
// as one that was let live on has shown. It takes `served` requests to come there.
struct Holding {
    Bytes baseline;
    Bytes limit; // recycle.memory
    std::uint64_t served = 0;
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
[[nodiscard]] std::optional<Bytes> baseline_of(const triggers::Trend& trend);

// Of a worker whose newest sample shows it below `limit` between requests: how many it has served.
// None of one that has served so few that it counts as fresh.
[[nodiscard]] std::optional<std::uint64_t> serves_below(Bytes limit, const triggers::Trend& trend);

// As far as a worker that needs `baseline` may go before it is retired for memory all the same:
// what is left below memory.max is for its replacement to start in. None where that is no more than
// it needs. Where memory.max is not set: twice the baseline.
[[nodiscard]] std::optional<Bytes> ceiling_above(Bytes baseline, const policies::Memory& memory);

// What a controller assumes of one that held before it.
inline constexpr std::uint64_t k_served_unknown = 100;

class StormGuard {
  public:
    // A worker has been retired for memory at `limit` after so many requests; `baseline`: of
    // baseline_of(). True when that trips the guard.
    [[nodiscard]] bool retired(MonoTime now, Bytes limit, std::optional<Bytes> baseline,
                               std::uint64_t served);

    // Whether so many had to be retired in a row that the next one shall be let live on.
    [[nodiscard]] bool wants_to_learn(MonoTime now) const;
    // Whether so many had to be that what others show while they are replaced is heeded, too.
    [[nodiscard]] bool wants_to_know(MonoTime now) const;
    // What it showed. `stays` trips the guard.
    void stays(Bytes level, std::uint64_t served, Bytes limit);
    void grows(); // the next one is let live on after twice as many

    // A worker that has served so many requests is below the limit: those that count so far, and
    // what is held, prove nothing. True when something was held.
    [[nodiscard]] bool serves_on(std::uint64_t served);

    [[nodiscard]] const std::optional<Holding>& holding() const { return holding_; }
    // What workers are retired for memory at; none: they are not.
    [[nodiscard]] std::optional<Bytes> limit(std::optional<Bytes> recycle_memory,
                                             const policies::Memory& memory) const;

    // For the ledger: what the controller before held; none to begin with fresh eyes.
    void restore(std::optional<Holding> holding);

  private:
    [[nodiscard]] bool in_a_row(MonoTime now, std::size_t count) const;

    struct InVain {
        MonoTime at;
        Bytes baseline;
    };
    struct Retired {
        MonoTime at;
        std::uint64_t served = 0;
    };
    std::vector<InVain> in_vain_;   // oldest first, fewer than k_storm
    std::vector<Retired> in_a_row_; // oldest first, no more than are needed
    std::size_t needed_ = k_storm;
    std::optional<Holding> holding_;
};

// One sentence or a few for people: what is held, why, what still guards, and what to do.
[[nodiscard]] std::string in_words(const Holding& holding, const policies::Memory& memory);

} // namespace recycler::slots
