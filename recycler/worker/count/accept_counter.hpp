// SPDX-License-Identifier: MIT
// Counts the connections that a worker accepts where no recorder can be inside it (static programs,
// Go): by the events of accept_event.hpp, which its child opened at its birth, or which the keeper
// attaches to it while it runs and count from then on. While one exists every system call of the
// machine takes some 60 ns longer. Knows no page and no policy.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/count/accept_event.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace recycler::worker {

// Also tries one out, which takes the right to open one. The error says what of the machine is in
// the way: no tracefs, no rights.
[[nodiscard]] Result<AcceptTracepoints> find_accept_tracepoints();

// Of those processes that live.
[[nodiscard]] std::vector<pid_t> threads_of_all(std::span<const pid_t> processes);

class AcceptCounter {
  public:
    enum class Since { birth, later };

    // The events that the child opened on itself. The error: it did not, or has closed them since.
    [[nodiscard]] static Result<AcceptCounter> of_child(int pidfd, int page_fd);
    // Counts from now on, in these threads and those that they start. By oneself, which takes the
    // right to.
    [[nodiscard]] static Result<AcceptCounter> attach(std::span<const pid_t> threads,
                                                      const AcceptTracepoints& tracepoints);
    // Likewise, by events that somebody else has opened, at its birth or later. ESRCH: none,
    // because all threads have ended.
    [[nodiscard]] static Result<AcceptCounter> of_events(std::vector<UniqueFd> events, Since since);

    // Connections accepted; outlives the worker.
    [[nodiscard]] std::uint64_t count() const;

    [[nodiscard]] Since since() const { return since_; }

  private:
    explicit AcceptCounter(Since since) : since_(since) {}

    std::vector<UniqueFd> events_;
    Since since_;
};

} // namespace recycler::worker
