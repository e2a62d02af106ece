// SPDX-License-Identifier: MIT
// Who sent signals to our workers lately: what the kernel tells (worker/signal_watch.hpp), kept
// until the worker is recorded, a few for each. What we and the keeper send is our own doing and
// left out. Where nobody can be named it knows why.
#pragma once

#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/death/evidence.hpp"
#include "recycler/worker/signals/signal_watch.hpp"

namespace recycler::controller {

class SignalLog {
  public:
    SignalLog() : SignalLog(worker::SignalWatch::open()) {}
    explicit SignalLog(Result<worker::SignalWatch> watch) : watch_(std::move(watch)) {}

    // Readable when signals were sent; -1: they cannot be watched.
    [[nodiscard]] int fd() const { return watch_ ? watch_->fd() : -1; }

    // Reads what has come, and who sent it while that can still be seen. `keeper`: its pid. Returns
    // how many signals that were.
    std::size_t note(LiveWorkers& workers, pid_t keeper);

    // Why the sender of a signal to this worker is not known, when it is not.
    [[nodiscard]] std::string why_not(const LiveWorker& worker) const;
    // A sentence when nobody can be named on this machine.
    [[nodiscard]] std::optional<std::string> limitation() const;

  private:
    Result<worker::SignalWatch> watch_;
    std::uint64_t lost_ = 0;
};

// The one that fits the end of this worker: the last sender of the signal that ended it, or, when
// it left by itself, of any.
[[nodiscard]] std::optional<death::Sender> sender_of_end(const LiveWorker& worker);

} // namespace recycler::controller
