// SPDX-License-Identifier: MIT
// Spares: what a worker without a slot is born with, and how it is given one. The order of the
// steps lets a controller that comes after a sudden death go on with the next. Must not know when a
// spare is wanted, nor which.
#pragma once

#include "recycler/controller/act/channels.hpp"
#include "recycler/controller/workers/slot_table.hpp"

#include <string>
#include <vector>

namespace recycler::controller {

class Births {
  public:
    struct Uses {
        LiveWorkers& workers;
        const SlotTable& slots;
        Channels& channels;
        keeper::Link& link;
        Telling& telling;
    };
    // All of `uses` must outlive it. `folder`: where a listener has its name for an instant.
    Births(Uses uses, std::string folder) : uses_(uses), folder_(std::move(folder)) {}

    // What the keeper is to launch it with; our copies of it are closed then.
    struct Newborn {
        UniqueFd listener;
        UniqueFd end;             // of the birth channel
        std::vector<int> channel; // descriptors in the order that the keeper wants
    };
    [[nodiscard]] Result<Newborn> prepare(WorkerId spare, LiveWorker& worker);

    // The spare is called `id` from now on, by the keeper, too. Null: there is no such spare.
    LiveWorker* rename(WorkerId spare, WorkerId id);
    // Sends it the listener of its slot. It takes that as soon as it comes to accept(), and however
    // often it is sent, it is taken once.
    void give_slot(WorkerId id, LiveWorker& worker);
    // To those whom the controller before may not have told.
    void give_slots_again();
    // Tells a spare that is to end that no slot will come, so that its threads notice the signal.
    static void end(const LiveWorker& spare);

  private:
    Uses uses_;
    std::string folder_;
};

} // namespace recycler::controller
