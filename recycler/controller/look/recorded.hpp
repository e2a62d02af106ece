// SPDX-License-Identifier: MIT
// What a worker's recorder says of what it holds, for the looks at who is idle. Reads the page and
// the list of processes; what follows from it is the decider's.
#pragma once

#include "recycler/controller/act/channels.hpp"
#include "recycler/slots/event.hpp"
#include "recycler/worker/look/idleness.hpp"

#include <span>
#include <sys/types.h>

namespace recycler::controller {

// Adds what the recorder says. `parked`: Recycler has parked the worker, which holds no connection
// and accepts none any more, because no thread is inside accept() and none comes there again.
// `connections`: at least the requests in flight, since the worker goes on with a request whose
// client has closed its connection.
void add_recorded(slots::IdleSeen& idle, const LiveWorker& worker);

// What the recorder says of one whose connections rest in it, or may come from other slots: none of
// its listener's name need be its own, and one of another name may be. 0: they are not kept.
[[nodiscard]] std::uint32_t kept_by(const LiveWorker& worker, const request::Activity& now);
[[nodiscard]] worker::KeepingWorker keeping_of(const Channels& channels, WorkerId id,
                                               const LiveWorker& worker);

// Of a listener that an outsider holds: what that one has accepted bears the listener's name, too,
// and is none of its worker's. The recorder knows what is.
[[nodiscard]] bool holds_nothing(const LiveWorker* worker);

// No connection that any process of this worker has ever accepted is open, wherever that process is
// by now, and none but those of `living` may be accepting one. A process that died in the middle
// makes it false: then others must say.
[[nodiscard]] bool has_nothing_open(const LiveWorker& worker, std::span<const pid_t> living);

} // namespace recycler::controller
