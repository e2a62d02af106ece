// SPDX-License-Identifier: MIT
// What a worker's recorder says of what it holds, for the looks at who is idle. Reads the page and
// the list of processes; what follows from it is the decider's.
#pragma once

#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/slots/event.hpp"

#include <span>
#include <sys/types.h>

namespace recycler::controller {

// Adds what the recorder says. `parked`: Recycler has parked the worker, which holds no connection
// and accepts none any more, because no thread is inside accept() and none comes there again.
// `connections`: at least the requests in flight, since the worker goes on with a request whose
// client has closed its connection.
void add_recorded(slots::IdleSeen& idle, const LiveWorker& worker);

// Of a listener that an outsider holds: what that one has accepted bears the listener's name, too,
// and is none of its worker's. The recorder knows what is.
[[nodiscard]] bool holds_nothing(const LiveWorker* worker);

// No connection that any process of this worker has ever accepted is open, wherever that process is
// by now, and none but those of `living` may be accepting one. A process that died in the middle
// makes it false: then others must say.
[[nodiscard]] bool has_nothing_open(const LiveWorker& worker, std::span<const pid_t> living);

} // namespace recycler::controller
