// SPDX-License-Identifier: MIT
// A changed policy on its way: made ready as a whole while everything goes on by the old one. What
// may refuse it is done here, so that what follows, taking it up, cannot fail half-way.
#pragma once

#include "policies/change.hpp"
#include "recycler/control/model/failure.hpp"
#include "recycler/controller/policy/permits.hpp"
#include "recycler/controller/rights/confinement.hpp"
#include "recycler/controller/workers/launching.hpp"
#include "recycler/controller/workers/slot_table.hpp"

#include <string>
#include <variant>
#include <vector>

namespace recycler::controller {

// What there is, and the changed policy must go together with.
struct Present {
    const Arguments& arguments;
    const policies::Policy& policy;
    const SlotTable& slots;
    const Permits& permits;
    const Counting::Found& tracepoints;
    Containment& containment; // gets another app_max, last
    const std::string& runtime_folder;
    int keeper_pid = 0;
    std::uint64_t given_up = 0; // capabilities, by the keeper
    const Confinement& confinement;
    const OwnFiles& own_files;
};

struct Prepared {
    ResolvedPolicy resolved;
    policies::Change change;
    Recorder recorder;
    Launching launching;
    std::vector<NewSlot> added;
};

// Another controller must do it, from its start: the keeper has no permit for the plan by which the
// workers are to be started, or this controller has given up a right that the policy needs.
struct NeedsFreshController {};

// Reads the policy's file again. A failure says every fault, or why the change cannot be had
// without a restart. It and NeedsFreshController leave nothing behind.
[[nodiscard]] std::variant<Prepared, NeedsFreshController, control::Failure>
prepare_reload(const Present& present);

// One sentence for each thing that changes.
[[nodiscard]] std::vector<std::string> in_sentences(const policies::Change& change);

} // namespace recycler::controller
