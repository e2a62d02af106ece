// SPDX-License-Identifier: MIT
// The processes of a worker that runs: parks, freezes, stops and kills them, and looks at what they
// do about it. Alone sends them signals. "Already gone" is success.
#pragma once

#include "recycler/controller/act/channels.hpp"
#include "recycler/controller/learn.hpp"
#include "recycler/controller/telling.hpp"
#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/worker/listen/socket_diag.hpp"

namespace recycler::controller {

class Processes {
  public:
    struct Uses {
        const systemd::EventLoop& loop;
        LiveWorkers& workers; // what was sent to it, and how it stood before
        const SlotTable& slots;
        const Channels& channels;
        keeper::Link& link;
        const policies::Policy& policy;
        worker::SocketDiag& diag;
        Telling& telling;
        Learn& learn;
    };
    // All of `uses` must outlive it.
    explicit Processes(Uses uses) : uses_(uses) {}

    void carry_out(const slots::Park& action);
    void carry_out(const slots::Unpark& action);
    void carry_out(const slots::Freeze& action);
    void carry_out(const slots::Thaw& action);
    void carry_out(const slots::StopWorker& action);
    void carry_out(const slots::LookHeeding& action);
    void carry_out(const slots::KillWorker& action);
    void carry_out(const slots::Examine& action);

    // The keeper's answer, on which an order to end the worker may wait.
    void taken_out(const keeper::ConnectionsTakenOut& answer);

    // What was ordered before there was a process to signal.
    void catch_up(WorkerId id, const LiveWorker& worker);

  private:
    // Whether the order to end the worker waits until what rests in it is in the channel of its
    // slot.
    [[nodiscard]] bool takes_out_first(WorkerId id, LiveWorker& worker, bool kills);
    [[nodiscard]] bool freezes(LiveWorker& worker);

    Uses uses_;
};

} // namespace recycler::controller
