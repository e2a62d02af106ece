// SPDX-License-Identifier: MIT
// The clearing away of dead workers: what a worker started and left behind (php-cgi's children, a
// forgotten background job) ends with it, and its cgroup goes. Who takes his time to end is waited
// for outside the loop, not for long, and holds up nobody else.
#pragma once

#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/slots/event.hpp"
#include "systemd/event_loop.hpp"

#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace recycler::controller {

class Clearing {
  public:
    // `result`: what could not be removed.
    using Cleared = std::function<void(const slots::EndRecorded&, const Result<void>& result)>;
    // `loop` and `workers` must outlive it. `cleared` is called once for each that took its time.
    Clearing(systemd::EventLoop& loop, LiveWorkers& workers, Cleared cleared)
        : loop_(loop), workers_(workers), cleared_(std::move(cleared)) {}

    // Nullopt: it takes its time.
    [[nodiscard]] std::optional<Result<void>> clear(const slots::EndRecorded& recorded);

  private:
    // A worker whose processes are ending.
    struct Struck {
        slots::EndRecorded recorded;
        MonoTime until;
        std::vector<UniqueFd> held; // pidfds
        systemd::IoSource ended;    // the first of those that have not
        systemd::Timer look_again;
    };
    void watch(Struck& struck);
    [[nodiscard]] std::optional<Result<void>> strike(Struck& struck);
    void go_on(WorkerId id);

    systemd::EventLoop& loop_;
    LiveWorkers& workers_;
    Cleared cleared_;
    std::map<WorkerId, Struck> struck_;
};

} // namespace recycler::controller
