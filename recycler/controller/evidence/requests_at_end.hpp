// SPDX-License-Identifier: MIT
// What an ended worker had served, and what it was serving: from the page that its recorder wrote,
// which outlives it. Judges nothing.
#pragma once

#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/death/evidence.hpp"

namespace recycler::controller {

// `at`: when it ended.
void add_requests(death::Evidence& evidence, const LiveWorker& worker, MonoTime at);

} // namespace recycler::controller
