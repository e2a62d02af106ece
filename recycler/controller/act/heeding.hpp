// SPDX-License-Identifier: MIT
// How a worker takes the order to stop: what it did before, and whether it goes on with that. What
// follows is the decider's (slots/handover/heeding.hpp).
#pragma once

#include "recycler/controller/workers/live_worker.hpp"

namespace recycler::controller {

// Remembers where the worker's threads stand, and what the kernel would do with the signal. Call it
// before the stop signal, and before a freeze: a stopped thread stands nowhere. After the signal
// this changes nothing.
void note_stance(LiveWorker& worker, int stop_signal, Duration patience);

// Whether it takes no notice. Unknown is no. It cannot know of the signal; or it goes on waiting
// for the next request; or, where accept() is not the place to wait (`listener` does not block),
// all stands still, and nothing could wake it but the next connection: what a program does at its
// end would.
[[nodiscard]] bool ignores_stop(const LiveWorker& worker, int listener, Duration stop_timeout,
                                Duration patience);

} // namespace recycler::controller
