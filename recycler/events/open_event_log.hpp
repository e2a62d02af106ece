// SPDX-License-Identifier: MIT
// Where this daemon keeps what happens.
#pragma once

#include "policies/policy.hpp"
#include "recycler/events/event_log.hpp"
#include "systemd/event_loop.hpp"

namespace recycler::events {

// Whether what we write to stderr goes to the journal, as it does under systemd.
[[nodiscard]] bool logs_to_journal();

// In the journal if so, else in the policy's report file. The keeper and when the daemon began name
// this run of it among all that there ever were; `loop` must outlive the event log.
[[nodiscard]] Result<EventLog> open_event_log(systemd::EventLoop& loop,
                                              const policies::Policy& policy, int keeper_pid,
                                              WallTime begun_at);

} // namespace recycler::events
