// SPDX-License-Identifier: MIT
// A changed policy on its way: made ready as a whole while everything goes on by the old one. What
// may refuse it is done here, so that what follows, taking it up, cannot fail half-way.
#pragma once

#include "policies/change.hpp"
#include "recycler/control/model/failure.hpp"
#include "recycler/controller/parts.hpp"
#include "recycler/controller/policy/resolved_policy.hpp"
#include "recycler/controller/start/program_files.hpp"

#include <string>
#include <variant>
#include <vector>

namespace recycler::controller {

struct NewSlot {
    policies::Address address;
    UniqueFd listener; // open and shown; nobody serves it yet
};

struct Prepared {
    ResolvedPolicy resolved;
    policies::Change change;
    Recorder recorder;
    Launching launching;
    std::vector<NewSlot> added;
};

// The workers of the policy are to be started by a plan that the keeper has no permit for.
struct NeedsPermit {};

// Reads the policy's file again. A failure says every fault, or why the change cannot be had
// without a restart. It and NeedsPermit leave nothing behind.
[[nodiscard]] std::variant<Prepared, NeedsPermit, control::Failure> prepare_reload(Parts& parts);

// Numbers for the new slots; the keeper is given their listeners.
[[nodiscard]] std::vector<slots::AddedSlot> add_slots(Parts& parts, std::vector<NewSlot> added);
// Gives the keeper what a controller after us goes by: the policy of `parts`, and its slots.
[[nodiscard]] Result<void> keep_policy(Parts& parts);

// One sentence for each thing that changes.
[[nodiscard]] std::vector<std::string> in_sentences(const policies::Change& change);

} // namespace recycler::controller
