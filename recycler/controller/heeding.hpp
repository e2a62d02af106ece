// How a worker takes the order to stop: what it did before, and whether it goes on with that. What
// follows is the fleet's (fleet/heeding.hpp).
#pragma once

#include "recycler/controller/live_worker.hpp"

namespace recycler::controller {

// Remembers where its threads stand. Before it is told to stop, and before it is frozen for that:
// a stopped thread stands nowhere. Once it has been told, this changes nothing any more.
void note_stance(LiveWorker& worker, Duration patience);

// Whether it goes on waiting for the next request. Unknown is no. Nothing is said of a program for
// which accept() is not the place to wait (`listener` does not block): what it does at its end
// looks no different from that.
[[nodiscard]] bool ignores_stop(const LiveWorker& worker, int listener, Duration patience);

} // namespace recycler::controller
