// SPDX-License-Identifier: MIT
// What startup.hpp brings together, for the controller to take apart: each piece moves to the one
// who owns it from then on. Passed on to nobody as a whole.
#pragma once

#include "recycler/controller/policy/governing_policy.hpp"
#include "recycler/controller/policy/permits.hpp"
#include "recycler/controller/rights/rights.hpp"
#include "recycler/controller/start/ledger_file.hpp"
#include "recycler/controller/workers/containment.hpp"
#include "recycler/controller/workers/launching.hpp"
#include "recycler/events/event_log.hpp"
#include "recycler/worker/listen/socket_diag.hpp"

namespace recycler::controller {

struct Opened {
    Arguments arguments;
    GoverningPolicy governing;
    WallTime begun_at;          // the daemon
    std::string runtime_folder; // of the app
    int keeper_pid = 0;
    std::uint64_t given_up = 0; // capabilities, by the keeper
    // Also ours, so that no other daemon for this app starts before we have cleared up after a
    // keeper that was killed.
    UniqueFd lock;
    SlotTable slots;
    Containment containment;
    Launching launching;
    Permits permits;
    LedgerFile ledger;
    worker::SocketDiag diag;
    keeper::Link link;
    events::EventLog event_log;
    Rights rights;
    std::vector<std::string> limitations;
    slots::Machine machine;
};

} // namespace recycler::controller
