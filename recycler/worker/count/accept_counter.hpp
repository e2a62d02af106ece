// SPDX-License-Identifier: MIT
// Counts the connections that a worker accepts where no recorder can be inside it (static programs,
// Go): by the events of accept_event.hpp, which its child opened at its birth, or which are
// attached to it while it runs and count from then on. While one exists every system call of the
// machine takes some 60 ns longer. Knows no page and no policy.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/count/accept_event.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace recycler::worker {

// Also tries one out. The error says what of the machine is in the way: no tracefs mounted, no
// rights.
[[nodiscard]] Result<AcceptTracepoints> find_accept_tracepoints();

class AcceptCounter {
  public:
    // The events that the child opened on itself. The error: it did not, or has closed them since.
    [[nodiscard]] static Result<AcceptCounter> of_child(int pidfd, int page_fd);
    // Counts from now on, in all threads of these processes and those that they start.
    [[nodiscard]] static Result<AcceptCounter> attach(std::span<const pid_t> processes,
                                                      const AcceptTracepoints& tracepoints);

    // Connections accepted; outlives the worker.
    [[nodiscard]] std::uint64_t count() const;

    enum class Since { birth, later };
    [[nodiscard]] Since since() const { return since_; }

  private:
    explicit AcceptCounter(Since since) : since_(since) {}

    std::vector<UniqueFd> events_;
    Since since_;
};

} // namespace recycler::worker
