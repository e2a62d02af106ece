// SPDX-License-Identifier: MIT
// What the keeper held of the controller before.
#pragma once

#include "recycler/controller/act/channels.hpp"
#include "recycler/controller/look/oom_watch.hpp"
#include "recycler/controller/start/deposits.hpp"
#include "recycler/controller/start/upgrade.hpp"
#include "recycler/controller/workers/slot_table.hpp"

#include <map>
#include <vector>

namespace recycler::controller {

struct Inheritance {
    WallTime since; // the daemon's start
    std::vector<keeper::HeldWorker> workers;
    std::map<WorkerId, OomWatch> oom_watches; // v1
    ChannelOfSlots channels;
    std::map<WorkerId, UniqueFd> wakes;
    std::map<WorkerId, Birth> births; // of spares, and of those that have taken a slot
    std::optional<UpgradeNote> upgrade;
    std::optional<Asker> reload; // what the controller before made room for
};

// Takes over how its workers came to be that were born without a slot, which says what their
// cgroups are called.
[[nodiscard]] Result<void> take_births(Deposits& deposits, keeper::Link& link,
                                       Inheritance& inheritance);

// What the cgroups of its workers are called.
[[nodiscard]] std::vector<std::string> names_of(const Inheritance& inheritance,
                                                const SlotTable& slots);

// Takes over all listeners of `slots`, and withdraws those of a slot that was about to be added.
// What was bound for a slot and never given to the keeper is removed.
[[nodiscard]] Result<void> take_listeners(Deposits& deposits, keeper::Link& link, SlotTable& slots);

// Takes over the eventfds of its workers and the channels of `slots`; others, of workers that the
// keeper has forgotten, are of no use to anybody and are withdrawn.
[[nodiscard]] Result<void> take_of_workers(Deposits& deposits, keeper::Link& link,
                                           const SlotTable& slots, Inheritance& inheritance);

} // namespace recycler::controller
