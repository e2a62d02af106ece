// SPDX-License-Identifier: MIT
// From the decider's order to a process: gives each worker its place and has the keeper start it,
// and makes places ahead. Owns the plan that workers are started by. A start that fails is learned
// as the end of a worker that never started.
#pragma once

#include "recycler/controller/act/births.hpp"
#include "recycler/controller/act/channels.hpp"
#include "recycler/controller/act/listeners.hpp"
#include "recycler/controller/workers/places.hpp"

namespace recycler::controller {

class Launches {
  public:
    struct Uses {
        systemd::EventLoop& loop;
        LiveWorkers& workers; // adds to them
        const SlotTable& slots;
        const slots::Decider& decider;
        const GoverningPolicy& governing;
        Containment& containment;
        keeper::Link& link;
        Listeners& listeners;
        Channels& channels;
        Telling& telling;
        Learn& learn;
    };
    // All of `uses` must outlive it. `folder`: of the app, in the runtime folder.
    Launches(Uses uses, Launching launching, const std::string& folder)
        : uses_(uses), launching_(std::move(launching)),
          births_({uses.workers, uses.slots, uses.channels, uses.link, uses.telling}, folder),
          places_(uses.slots, uses.governing.policy(), uses.containment) {}
    Result<void> add_sources();

    void carry_out(const slots::Launch& action);

    // To spares whom the controller before may not have told of the slot that it gave them.
    void give_slots_again() { births_.give_slots_again(); }

    // A launch that was ordered has failed.
    void never_launched(WorkerId id, FailedStep failure);
    // The keeper has started one, which `took` so long.
    void launched(WorkerId id, LiveWorker& worker, Duration took);

    // The next worker's place is made at once, or when the present one has had time to start.
    void make_ahead_now() { make_ahead_.arm(uses_.loop.now()); }
    void make_ahead_soon() { make_ahead_.arm(uses_.loop.now() + k_ahead_waits); }
    void give_up_places() { places_.give_up_all(); }

    // Later ones are started by another plan.
    void change(Launching launching);
    [[nodiscard]] const std::vector<std::byte>& plan() const { return launching_.plan(); }
    [[nodiscard]] const worker::Isolation& isolation() const { return launching_.isolation(); }
    [[nodiscard]] const Counting& counting() const { return launching_.counting(); }
    // One runs, and may have nobody who counts its requests. The keeper's answer comes later.
    void look_who_counts(WorkerId id, LiveWorker& worker, Duration patience);
    void counters_arrived(keeper::ThreadFilesArrived& news);

  private:
    void make_one_ahead();
    [[nodiscard]] LiveWorker* new_worker(const slots::Launch& action);
    void launch_spare(const slots::Launch& action);
    void launch_into(WorkerId id, Launching::Given given, LiveWorker& worker);
    [[nodiscard]] Result<Launching::Given> given_to(const slots::Launch& action, int listener,
                                                    LiveWorker& worker);
    void let_take(const slots::Launch& action, LiveWorker& worker);
    void tell_started(WorkerId id, const LiveWorker& worker, Duration took);

    Uses uses_;
    Launching launching_;
    Births births_;
    Places places_;
    systemd::Timer make_ahead_;
};

} // namespace recycler::controller
