// SPDX-License-Identifier: MIT
#include "recycler/keeper/restart.hpp"

#include <algorithm>

namespace recycler::keeper {

Duration Backoff::after(MonoTime started, MonoTime ended) {
    if (ended - started >= k_grown_up) {
        young_ = 0;
        return Duration{0};
    }
    ++young_;
    Duration wait = young_ > 1 ? k_first_wait : Duration{0};
    for (unsigned n = 2; n < young_ && wait < k_longest_wait; ++n) {
        wait *= 2;
    }
    return std::min(wait, k_longest_wait);
}

Duration Watchdog::interval() const {
    return limit_ > Duration{0} ? limit_ / k_pings_per_limit : k_watchdog / k_pings_per_limit;
}

void Watchdog::started(MonoTime now) {
    unanswered_ = 0;
    allowance_ = std::max(limit_, k_start_allowance);
    next_ = now + interval();
}

Watchdog::Turn Watchdog::turn(MonoTime now) {
    next_ = now + interval();
    if (limit_ > Duration{0} && unanswered_ >= allowance_ / interval()) {
        return Turn::hung;
    }
    ++unanswered_;
    return Turn::ping;
}

} // namespace recycler::keeper
