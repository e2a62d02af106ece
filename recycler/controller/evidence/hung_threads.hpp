// SPDX-License-Identifier: MIT
// What the threads of a worker that hangs or is stuck do: two looks at the time they use, one at
// all else, while it still runs; and what of it stands in its record.
#pragma once

#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/death/thread.hpp"

#include <vector>

namespace recycler::controller {

// The first of two looks at the time that its threads use, once a request has run so long that it
// may hang, or connections have waited so long that the worker may be stuck: half of recycle.hung
// or recycle.stuck. Also asks the keeper for their kernel stacks.
void note_cpu_of(LiveWorker& worker, MonoTime now, const slots::WorkerSampled& seen,
                 const policies::Recycle& recycle, keeper::Link& link);
// The second, and at all else that its threads do.
void examine_threads(LiveWorker& worker, const policies::Address& address, MonoTime now,
                     Duration patience);
[[nodiscard]] std::vector<death::Thread> threads_of(const LiveWorker& worker);

} // namespace recycler::controller
