// SPDX-License-Identifier: MIT
// What an ended worker had served, and what it was serving: from the page that its recorder wrote,
// which outlives it. Judges nothing.
#pragma once

#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/death/evidence.hpp"

namespace recycler::controller {

// `at`: when it ended.
void add_requests(death::Evidence& evidence, const LiveWorker& worker, MonoTime at);

// Whether one that was not told to end has cut a request off by its end, as its record will say.
[[nodiscard]] bool ended_within_a_request(const LiveWorker& worker,
                                          const request::PageReading& page,
                                          const keeper::Exit& exit);

} // namespace recycler::controller
