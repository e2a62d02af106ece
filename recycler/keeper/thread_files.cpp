// SPDX-License-Identifier: MIT
#include "recycler/keeper/thread_files.hpp"

#include "recycler/worker/count/accept_event.hpp"
#include "recycler/worker/look/belonging.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>

namespace recycler::keeper {

static_assert(k_max_threads_asked * worker::k_accept_events <= k_max_fds);

namespace {

bool is_gone(int error) {
    return error == ESRCH || error == ENOENT;
}

// Each returns 0, or the errno of the first that could not be opened.
int add(UniqueFd file, ThreadFiles& into) {
    if (!file) {
        return errno;
    }
    into.fds[into.count++] = std::move(file);
    return 0;
}

int open_accept_counters(pid_t thread, const worker::AcceptTracepoints& tracepoints,
                         ThreadFiles& into) {
    for (const std::uint16_t tracepoint : tracepoints) {
        if (const int error = add(UniqueFd{worker::open_accept_event(tracepoint, thread)}, into)) {
            return error;
        }
    }
    return 0;
}

// Its reader has our rights, not those of whom it is passed to.
int open_stack(pid_t thread, ThreadFiles& into) {
    std::array<char, 32> path{};
    (void)std::snprintf(path.data(), path.size(), "/proc/%d/stack", thread);
    return add(UniqueFd{::open(path.data(), O_RDONLY | O_CLOEXEC)}, into);
}

int fetch_birth_counters(const OpenThreadFiles& order, const WorkerRecord& worker,
                         ThreadFiles& into) {
    for (std::size_t i = 0; i < worker::k_accept_events; ++i) {
        UniqueFd event{worker::fetch_accept_event(worker.pidfd.get(), order.threads.front(), i)};
        if (!event) {
            return EBADF;
        }
        into.fds[into.count++] = std::move(event);
    }
    return 0;
}

int open_each(const OpenThreadFiles& order, const WorkerRecord& worker, ThreadFiles& into) {
    const bool counts = order.which == ThreadFile::accept_counters;
    const auto tracepoints = counts ? worker::accept_tracepoints() : worker::AcceptTracepoints{};
    if (counts && tracepoints.front() == 0) {
        return EOPNOTSUPP;
    }
    std::size_t number = 0;
    for (const pid_t thread : order.threads) {
        if (!worker::belongs_to_worker(thread, worker.pid)) {
            continue;
        }
        const std::size_t before = into.count;
        const int error =
            counts ? open_accept_counters(thread, tracepoints, into) : open_stack(thread, into);
        if (error == 0) {
            into.threads[number++] = thread;
        } else if (!is_gone(error)) {
            return error;
        } else {
            into.count = before; // half of a thread is none; the array closes it
        }
    }
    return 0;
}

} // namespace

int open_thread_files(const OpenThreadFiles& order, const WorkerRecord& worker, ThreadFiles& into) {
    if (!worker.has_process()) {
        return ESRCH;
    }
    if (order.which > ThreadFile::birth_counters) {
        return EINVAL;
    }
    const int error = order.which == ThreadFile::birth_counters
                          ? fetch_birth_counters(order, worker, into)
                          : open_each(order, worker, into);
    if (error != 0) {
        into = ThreadFiles{};
    }
    return error;
}

} // namespace recycler::keeper
