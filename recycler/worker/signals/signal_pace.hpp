// SPDX-License-Identifier: MIT
// PURE. How often the records of signals are looked at: at once, as long as few come, since who
// sent one may end soon; anybody's signals to himself must not wake the controller each by itself.
#pragma once

#include "recycler/base/units.hpp"

#include <cstddef>

namespace recycler::worker {

// What comes in such a time finds room in the ring even when a processor does nothing but send
// (some 150 records in a millisecond, of some 100 bytes).
inline constexpr Duration k_signal_pause = std::chrono::milliseconds(5);
// More than an operator or an app sends at once.
inline constexpr std::size_t k_few_signals = 32;

class SignalPace {
  public:
    // After a look at `now` that found so many records: how long to leave the next ones unread.
    [[nodiscard]] Duration pause_after(MonoTime now, std::size_t found) {
        if (now - began_ >= k_signal_pause) {
            began_ = now;
            seen_ = 0;
        }
        seen_ += found;
        return seen_ > k_few_signals ? k_signal_pause : Duration::zero();
    }

  private:
    MonoTime began_{}; // of the time in which they are counted
    std::size_t seen_ = 0;
};

} // namespace recycler::worker
