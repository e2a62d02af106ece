// SPDX-License-Identifier: MIT
#include "recycler/keeper/accept_counters.hpp"

#include "recycler/worker/count/accept_event.hpp"
#include "recycler/worker/look/belonging.hpp"

#include <cerrno>

namespace recycler::keeper {

static_assert(k_max_counted * worker::k_accept_events <= k_max_fds);

int open_accept_counters(const CountAccepts& order, const WorkerRecord& worker,
                         AcceptCounters& into) {
    if (!worker.has_process()) {
        return ESRCH;
    }
    const worker::AcceptTracepoints tracepoints = worker::accept_tracepoints();
    if (tracepoints.front() == 0) {
        return EOPNOTSUPP;
    }
    for (const pid_t thread : order.threads) {
        if (!worker::belongs_to_worker(thread, worker.pid)) {
            continue;
        }
        for (const std::uint16_t tracepoint : tracepoints) {
            UniqueFd event{worker::open_accept_event(tracepoint, thread)};
            if (event) {
                into.fds[into.count++] = std::move(event);
            } else if (errno != ESRCH) {
                const int error = errno;
                into = AcceptCounters{};
                return error;
            }
        }
    }
    return 0;
}

} // namespace recycler::keeper
