// SPDX-License-Identifier: MIT
// When the keeper reads the workers' output again after it has read some. Between two readings it
// rests, so that workers that flood fill their pipes and wait: what their output costs is a small
// share of a processor, however many they are. PURE: told what was read and when. Knows no pipe.
#pragma once

#include "recycler/base/units.hpp"

namespace recycler::keeper {

using namespace std::chrono_literals;

// A pipe of 64 KiB that is emptied at this pace lets through 6 MiB a second.
inline constexpr Duration k_shortest_rest = 10ms;
// Nobody notices that a line comes so much later; a slow machine reads a flood no less often.
inline constexpr Duration k_longest_rest = 250ms;
// A fiftieth of a processor.
inline constexpr int k_rest_per_work = 50;

class OutputPace {
  public:
    // Some was read; that ended now, and took so much of the processor.
    void read(MonoTime now, Duration work);
    // Not before this.
    [[nodiscard]] MonoTime next() const { return next_; }

  private:
    MonoTime next_{};
};

} // namespace recycler::keeper
