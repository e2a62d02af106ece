// SPDX-License-Identifier: MIT
// What startup.hpp brings together and the controller works with. Plain members, each with one
// owner: this.
#pragma once

#include "recycler/controller/calls/blaming.hpp"
#include "recycler/controller/calls/unit_status.hpp"
#include "recycler/controller/look/signal_log.hpp"
#include "recycler/controller/look/trial_log.hpp"
#include "recycler/controller/policy/listen_spec.hpp"
#include "recycler/controller/policy/permits.hpp"
#include "recycler/controller/policy/policy_in_force.hpp"
#include "recycler/controller/start/arguments.hpp"
#include "recycler/controller/start/ledger_file.hpp"
#include "recycler/controller/start/upgrade.hpp"
#include "recycler/controller/workers/containment.hpp"
#include "recycler/controller/workers/launching.hpp"
#include "recycler/controller/workers/slot_table.hpp"
#include "recycler/events/event_log.hpp"
#include "recycler/events/worker_output.hpp"
#include "recycler/slots/decider.hpp"
#include "recycler/worker/listen/socket_diag.hpp"
#include "recycler/worker/listen/turning_away.hpp"

namespace recycler::controller {

struct Parts {
    Arguments arguments;
    policies::Policy policy;
    std::string policy_text;
    WallTime policy_loaded_at;
    WallTime begun_at;                     // the daemon
    Workers workers = Workers::up_to_date; // with the policy
    std::string runtime_folder;            // of the app
    int keeper_pid = 0;
    // Also ours, so that no other daemon for this app starts before we have cleared up after a
    // keeper that was killed.
    UniqueFd lock;
    worker::Account account;
    SocketOwner socket_owner;
    std::optional<std::uint32_t> control_group; // who may give orders besides root
    SlotTable slots;
    Containment containment;
    Launching launching;
    Permits permits;
    LedgerFile ledger;
    worker::SocketDiag diag;
    worker::TurningAway turning_away;
    keeper::Link link;
    events::EventLog event_log;
    UnitStatus unit_status;
    Blaming blaming;
    SignalLog signals;
    TrialLog trial;
    std::optional<events::WorkerOutput> output; // to the journal; none: nobody asked for it
    std::vector<std::string> limitations;
    slots::Machine machine;
    bool came_to_reload = false; // the controller before made room for that; until it was tried
    std::optional<ProgramFile> unfit; // the installed program that was tried and did not work
};

} // namespace recycler::controller
