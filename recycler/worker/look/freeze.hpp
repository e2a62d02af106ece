// SPDX-License-Identifier: MIT
// Stops a worker whole, so that what it holds can be read while nothing moves, and lets it go on.
// The way to tell whether a worker that sits in accept() behind an open gate has a connection: a
// stopped thread is not inside accept(). Knows no listener.
//
// The parent of a stopped process gets SIGCHLD unless it set SA_NOCLDSTOP. epoll_wait() of a thawed
// thread returns EINTR (signal(7)); accept() and poll() go on.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/base/units.hpp"
#include "recycler/worker/look/proc.hpp"

#include <sys/types.h>
#include <vector>

namespace recycler::worker {

// Every process of a worker, stopped. Thaws on destruction: nobody forgets a stopped worker.
class Frozen {
  public:
    Frozen(Frozen&&) noexcept = default;
    Frozen& operator=(Frozen&&) = delete;
    ~Frozen();

    // Continue all; what has ended meanwhile is no error.
    void thaw();

    // Kill all with SIGKILL, still stopped: nothing of the worker runs again.
    void kill();

  private:
    friend Result<Frozen> freeze(const ListProcesses& processes, Duration patience);
    struct Process {
        pid_t pid;
        UniqueFd pidfd;
    };
    Frozen() = default;
    Result<void> stop(const ListProcesses& processes);
    [[nodiscard]] bool covers(const std::vector<pid_t>& listed) const;
    [[nodiscard]] Result<bool> all_stopped() const;
    void signal(int number);

    std::vector<Process> processes_;
};

// Stops what `processes` lists, and again what has been forked meanwhile, until every thread is
// seen stopped and the list brings nothing new. Blocks at most `patience` (0.1 ms is usual; a
// thread in uninterruptible sleep takes longer): ETIMEDOUT, with all thawed again.
[[nodiscard]] Result<Frozen> freeze(const ListProcesses& processes, Duration patience);

// For a controller that finds workers which its predecessor may have left stopped.
[[nodiscard]] Result<void> thaw_all(const ListProcesses& processes);

} // namespace recycler::worker
