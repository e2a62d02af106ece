// SPDX-License-Identifier: MIT
// The moment at which a controller gives up its rights: what needs them is open by then, and what
// others had a hand in is read from then on.
#pragma once

#include "cgroups/tree.hpp"
#include "recycler/controller/look/signal_log.hpp"
#include "recycler/controller/policy/permits.hpp"
#include "recycler/controller/rights/confinement.hpp"
#include "recycler/controller/rights/own_files.hpp"
#include "recycler/controller/workers/counting.hpp"
#include "recycler/keeper/protocol/link.hpp"

namespace recycler::controller {

// What is left.
struct Rights {
    SignalLog signals;    // opened before
    cgroups::Entry entry; // of the dummy, see Containment::prove()
    OwnFiles own_files;
    Confinement confinement;
};

// For the policy in force, and for those others that the keeper has a permit for: one of them may
// be put into force next. One in force that the keeper has no permit for is what a controller
// before said: it gets what those others need, and no more. `counting`: of the workers that come.
[[nodiscard]] Rights give_up_rights(OwnFilesOf of, const Permits& permits, const Counting& counting,
                                    keeper::Link& link);

} // namespace recycler::controller
