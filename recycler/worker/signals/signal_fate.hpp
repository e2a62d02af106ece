// SPDX-License-Identifier: MIT
// What becomes of a signal that is sent to a process as a whole. The kernel tells everybody, so
// that no right on the process is needed, and it does not matter how many threads it has or what
// they wait for.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/worker/look/look_time.hpp"

#include <sys/types.h>

namespace recycler::worker {

struct SignalFate {
    bool ignored = false; // the kernel drops it
    bool blocked = false; // by every thread
    bool pending = false; // has come, and nobody has taken it
    bool ended = false;   // nothing of the process runs any more
};

// ETIMEDOUT: it has more threads than can be looked at in that time.
[[nodiscard]] Result<SignalFate> fate_of(pid_t process, int signal, const LookTime& time);

// Whether a process cannot know of a signal that was sent between two looks. One that began to
// ignore or to block it in between may have done so because it has heard it: some do while they do
// what is to be done at their end.
[[nodiscard]] inline bool is_unheard(const SignalFate& before, const SignalFate& now) {
    const bool dropped = before.ignored && now.ignored;
    const bool waits = before.blocked && now.blocked && now.pending;
    return !now.ended && (dropped || waits);
}

} // namespace recycler::worker
