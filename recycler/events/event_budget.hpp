// SPDX-License-Identifier: MIT
// How many lines a worker can have the daemon write. A worker brings some events about at will, by
// the hundred a second: it forks children that end, or leaves as soon as it is up. They would push
// all else out of the events that are remembered. So many of each are told for a slot and minute;
// the rest are counted, and told as one line when the minute is over. What somebody should look at
// is told always. PURE: the time is that of the lines.
#pragma once

#include "recycler/control/model/record.hpp"

#include <map>
#include <string>
#include <vector>

namespace recycler::events {

// Of one event, for a slot and minute. The brake lets a slot that fails start less often.
inline constexpr std::uint32_t k_lines_a_minute = 30;

class EventBudget {
  public:
    // Whether this line is told. One that is not is counted.
    [[nodiscard]] bool admits(const control::EventLine& line);

    // The event `more` of each slot whose minute is over at `now` and had some that were not told.
    [[nodiscard]] std::vector<control::EventLine> rest(WallTime now);
    // Likewise of all slots, whether their minute is over or not.
    [[nodiscard]] std::vector<control::EventLine> all_rest(WallTime now);

  private:
    struct Minute {
        WallTime began;
        std::map<std::string, std::uint32_t> counts; // by event
    };
    static bool is_over(const Minute& minute, WallTime now);
    [[nodiscard]] std::vector<control::EventLine> told(WallTime now, bool of_all);

    std::map<std::string, Minute> minutes_; // by slot
};

} // namespace recycler::events
