// SPDX-License-Identifier: MIT
// The places of the workers that will come next, made in quiet moments: making one takes a
// millisecond that nobody should wait for while a dead worker's requests queue.
#pragma once

#include "recycler/controller/workers/launching.hpp"

#include <map>
#include <set>

namespace recycler::controller {

// The next worker's place is made when the present one has had time to start: earlier it would only
// be in its way.
inline constexpr Duration k_ahead_waits = std::chrono::milliseconds(50);

// A place is two cgroups and ten descriptors; of a thousand slots few need one at the same time.
inline constexpr std::size_t k_most_ahead = 128;

class Places {
  public:
    using Made = std::variant<Launching::Place, Launching::NoPlace>;

    // All three must outlive it.
    Places(const SlotTable& slots, const policies::Policy& policy, Containment& containment)
        : slots_(slots), policy_(policy), containment_(containment) {}

    // The place that was made ahead for this worker, or one made now.
    Made take(WorkerId id);

    // Makes one of those in `wanted` that is not there, up to k_most_ahead, and gives up those that
    // are not in it.
    // One at a time, so that nothing waits for long. One that cannot be made is told about when it
    // is needed.
    enum class Rest { all_made, more_to_make };
    Rest make_one_of(const std::set<WorkerId>& wanted);
    void give_up_all() { (void)make_one_of({}); }

  private:
    [[nodiscard]] Made make(WorkerId id);

    const SlotTable& slots_;
    const policies::Policy& policy_;
    Containment& containment_;
    std::map<WorkerId, Launching::Place> ahead_;
};

} // namespace recycler::controller
