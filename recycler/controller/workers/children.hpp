// SPDX-License-Identifier: MIT
// The processes of a worker beside the first one, such as php-cgi's children, and what a worker's
// processes do all together. Owns who of them counts: what one that died alone was doing stands in
// the recorder page until another takes its row, and says nothing of the worker any more.
#pragma once

#include "recycler/controller/workers/live_worker.hpp"

#include <optional>
#include <vector>

namespace recycler::controller {

// One that has gone while the worker lives.
struct GoneChild {
    pid_t pid = 0;
    std::optional<int> wait_status{};          // as of waitpid(2), where the kernel tells
    std::optional<request::Process> process{}; // as its row shows it; none: another has its row
};

// Notes which of them serve, and which are gone while the worker lives: php-cgi's parent goes on
// and forks another. Returns those that have gone since the last look; only those that the kernel
// had listed, whatever stands in the page.
std::vector<GoneChild> look_at_children(LiveWorker& worker, const request::PageReading& page,
                                        MonoTime now);

// What the living do, as the recorder tells it. Where the kernel lists nobody, of all in the page.
request::Activity activity_now(const LiveWorker& worker, const request::PageReading& page);

// Those who died with the worker, `at`.
request::PageReading ended_together(const LiveWorker& worker, request::PageReading page,
                                    MonoTime at);

} // namespace recycler::controller
