// SPDX-License-Identifier: MIT
// The workers as processes: starts them, keeps their output, reaps them. Writes down in the store
// what became of each, and tells nobody.
#pragma once

#include "recycler/keeper/permits.hpp"
#include "recycler/keeper/poller.hpp"
#include "recycler/keeper/protocol/wire.hpp"
#include "recycler/keeper/store.hpp"

#include <csignal>
#include <sys/resource.h>

namespace recycler::keeper {

class Workers {
  public:
    Workers(Store& store, Poller& poller) : store_(store), poller_(poller) {}

    // 0: there is a record of it now, be it of a failure. EEXIST: known already. ENOSPC: no room.
    // EINVAL: not a ring, or not the descriptors that it speaks of. `permits`: see launch.hpp.
    [[nodiscard]] int launch(const Launch& order, Packet& packet, const Permits* permits);
    // 0, ENOENT, or EBUSY while its process lives.
    [[nodiscard]] int forget(const WireId& id);

    // Moves some of a worker's output into its ring: a bounded piece, so that one that writes
    // without end starves nobody.
    void on_output(std::size_t index);
    void on_failure_pipe(std::size_t index);
    // A child was reaped. Those that are no worker (left behind by one, and given to us by the
    // kernel) are none of our business.
    void on_exit(const siginfo_t& info, const rusage& usage);

    void kill_all();
    [[nodiscard]] bool has_processes();

  private:
    enum class Pumped { some, nothing };

    Pumped pump(WorkerRecord& worker);
    void settle_start(WorkerRecord& worker);
    void fail(WorkerRecord& worker, const worker::StepFailure& failure);
    void close(UniqueFd& fd);
    [[nodiscard]] WorkerRecord* at(std::size_t index);

    Store& store_;
    Poller& poller_;
};

} // namespace recycler::keeper
