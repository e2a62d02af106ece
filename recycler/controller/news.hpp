// SPDX-License-Identifier: MIT
// What the keeper tells, as facts for the decider: who was launched, who ended and how, and the
// signals that were sent to the daemon. Owns what was heard, not what follows from it.
#pragma once

#include "recycler/controller/act/departure.hpp"
#include "recycler/controller/act/processes.hpp"
#include "recycler/controller/incoming.hpp"
#include "recycler/controller/policy/change.hpp"

namespace recycler::controller {

class News {
  public:
    struct Uses {
        systemd::EventLoop& loop;
        LiveWorkers& workers; // who has begun, and who has ended
        const SlotTable& slots;
        const slots::Decider& decider;
        const policies::Policy& policy;
        Containment& containment;
        keeper::Link& link;
        Listeners& listeners;
        Processes& processes;
        Launches& launches;
        PolicyChange& changes;
        Departure& departure;
        Telling& telling;
        Learn& learn;
    };
    // All of `uses` must outlive it.
    explicit News(Uses uses)
        : uses_(uses),
          incoming_({.loop = uses.loop,
                     .link = uses.link,
                     .take = [this](keeper::News& news) { take(news); },
                     .complain = [this](const Error& error) { uses_.telling.complain(error); }}) {}
    Result<void> add_sources() { return incoming_.add_sources(); }

    // A worker of the controller before. What has become of it meanwhile is learned.
    void hold(keeper::HeldWorker held);
    // The controller before had obeyed the stop signal.
    void stop_was_obeyed() { stop_repeats_ = true; }

  private:
    void take(keeper::News& news);
    void on(keeper::WorkerLaunched& news);
    void on(keeper::WorkerLaunchFailed& news);
    void on(keeper::WorkerExited& news);
    void on(keeper::ThreadFilesArrived& news);
    void on(keeper::ConnectionsTakenOut& news) { uses_.processes.taken_out(news); }
    void on(keeper::SignalArrived& news);
    void on(keeper::PingArrived& /*news*/) {} // answered where it comes in, as nothing is
    void on(keeper::OrderRejected& news);
    void on(keeper::NothingYet& /*news*/) {}
    void on(keeper::KeeperGone& news);
    void never_launched(WorkerId id, FailedStep failure);
    void refused_to_forget(WorkerId id);
    void look_for_lost_launches();

    Uses uses_;
    Incoming incoming_;
    bool stop_repeats_ = false; // the next stop signal was obeyed already
};

} // namespace recycler::controller
