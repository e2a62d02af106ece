// SPDX-License-Identifier: MIT
#include "recycler/slots/failing/ending.hpp"

#include "recycler/slots/timing.hpp"

#include <algorithm>

namespace recycler::slots {

bool had_been_ready(const EndSeen& seen) {
    return seen.seen_ready || (seen.served > 0 && (seen.unwatched || seen.lived >= k_leaving_pace));
}

Ending ending_of(const EndSeen& seen) {
    if (seen.served == 0) {
        return Ending::died;
    }
    return seen.exited_idle && had_been_ready(seen) ? Ending::left : Ending::served;
}

MonoTime after_one_that_left(MonoTime now, MonoTime launched_at) {
    return std::max(now, launched_at + k_leaving_pace);
}

} // namespace recycler::slots
