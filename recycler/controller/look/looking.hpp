// SPDX-License-Identifier: MIT
// The looks that the decider asks for: whether a worker is ready, whether it is idle, how large it
// has grown, and how much room there is for another. Each answer is learned as the event of its
// name. Alone writes down what was seen of a worker that runs.
#pragma once

#include "recycler/controller/calls/blaming.hpp"
#include "recycler/controller/workers/launches.hpp"
#include "recycler/controller/workers/outside.hpp"

namespace recycler::controller {

class Looking {
  public:
    struct Uses {
        const systemd::EventLoop& loop;
        LiveWorkers& workers;
        const SlotTable& slots;
        Channels& channels;
        const slots::Decider& decider;
        const policies::Policy& policy;
        Containment& containment;
        keeper::Link& link;
        worker::SocketDiag& diag;
        Listeners& listeners;
        Launches& launches; // who counts requests, and the next place
        Blaming& blaming;
        Telling& telling;
        Learn& learn;
    };
    // All that it uses must outlive it.
    Looking(Uses uses, Outside outside) : uses_(uses), outside_(outside) {}

    void carry_out(const slots::LookReady& action);
    void carry_out(const slots::LookIdle& action);
    void carry_out(const slots::TakeSample& action);
    void carry_out(const slots::LookRoom& action);

  private:
    [[nodiscard]] std::optional<slots::IdleSeen> busy_at_a_glance(ListenerId listener,
                                                                  const LiveWorker* worker);
    [[nodiscard]] bool may_be_ready(WorkerId id, const LiveWorker& spare, const Running& running);
    [[nodiscard]] Result<bool> does_as_asked(const LiveWorker& worker, Running& running,
                                             const slots::LookReady& action);
    void look_for_killed_child(WorkerId id, LiveWorker& worker);
    void tell_of_children(WorkerId id, LiveWorker& worker, const request::PageReading& page);

    Uses uses_;
    Outside outside_;
};

} // namespace recycler::controller
