// SPDX-License-Identifier: MIT
// How it ends: in order, when the decider has finished, or after the keeper was killed, when all
// that is left of the workers is ours to end.
#pragma once

#include "recycler/controller/workers/launches.hpp"

namespace recycler::controller {

class Departure {
  public:
    struct Uses {
        systemd::EventLoop& loop;
        const policies::Policy& policy;
        Containment& containment;
        keeper::Link& link;
        events::EventLog& event_log;
        Launches& launches;
        Telling& telling;
    };
    // All of `uses` must outlive it.
    explicit Departure(Uses uses) : uses_(uses) {}
    Result<void> add_sources();

    void carry_out(const slots::Finish& action);
    void keeper_gone();

  private:
    void clear_all();

    Uses uses_;
    systemd::Deferred leave_;
};

} // namespace recycler::controller
