// SPDX-License-Identifier: MIT
// The workers as processes: starts them, keeps their output, reaps them. Writes down in the store
// what became of each, and tells nobody.
#pragma once

#include "recycler/keeper/permits.hpp"
#include "recycler/keeper/poller.hpp"
#include "recycler/keeper/protocol/wire.hpp"
#include "recycler/keeper/ring/output_pace.hpp"
#include "recycler/keeper/store.hpp"

#include <csignal>
#include <optional>
#include <sys/resource.h>

namespace recycler::keeper {

class Workers {
  public:
    Workers(Store& store, Poller& poller) : store_(store), poller_(poller) {}
    // 0 or an errno.
    [[nodiscard]] int open();

    // 0: there is a record of it now, be it of a failure. EEXIST: known already. ENOSPC: no room.
    // EINVAL: not a ring, or not the descriptors that it speaks of. `permits`: see launch.hpp.
    [[nodiscard]] int launch(const Launch& order, Packet& packet, const Permits* permits);
    // 0, ENOENT, or EBUSY while its process lives.
    [[nodiscard]] int forget(const WireId& id);

    // 0, ENOENT or EEXIST: see TakeSlot.
    [[nodiscard]] int take_slot(const TakeSlot& order);

    // Moves what some of the workers have written into their rings, a bounded amount, and lets the
    // others and those that go on writing wait for the next time, which the pace says.
    void on_outputs();
    void act_on_time(MonoTime time);
    [[nodiscard]] MonoTime next_deadline() const {
        return outputs_rest_ ? pace_.next() : MonoTime::max();
    }
    void on_failure_pipe(std::size_t index);
    // A child was reaped. Those that are no worker (left behind by one, and given to us by the
    // kernel) are none of our business.
    void on_exit(const siginfo_t& info, const rusage& usage);

    void kill_all();
    [[nodiscard]] bool has_processes();

  private:
    // How much of a worker's output went into its ring, a piece at most; 0: there is none now.
    std::size_t pump(WorkerRecord& worker);
    void pump_turn(WorkerRecord& worker);
    void pump_rest(WorkerRecord& worker);
    void watch_outputs(bool are_watched);
    void settle_start(WorkerRecord& worker);
    void fail(WorkerRecord& worker, const worker::StepFailure& failure);
    static void close(UniqueFd& fd, Poller& watching);
    [[nodiscard]] WorkerRecord* at(std::size_t index);

    Store& store_;
    Poller& poller_;
    Poller outputs_; // the workers', which `poller_` sees as one source
    OutputPace pace_;
    bool outputs_rest_ = false; // somebody has written before the pace let us read again
};

} // namespace recycler::keeper
