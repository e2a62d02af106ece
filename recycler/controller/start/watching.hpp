// SPDX-License-Identifier: MIT
// What the controller watches where the machine lets it, besides the keeper and the time: who sends
// signals, and what the workers write for the journal. Adds the sources; decides nothing.
#pragma once

#include "recycler/controller/parts.hpp"
#include "recycler/controller/sources.hpp"

namespace recycler::controller {

// All four must outlive the sources.
Result<void> watch_senders(systemd::EventLoop& loop, Parts& parts, LiveWorkers& workers,
                           Sources& sources);
Result<void> watch_output(systemd::EventLoop& loop, Parts& parts, LiveWorkers& workers,
                          Sources& sources);

} // namespace recycler::controller
