// SPDX-License-Identifier: MIT
#include "recycler/worker/count/accept_counter.hpp"

#include "recycler/worker/look/proc.hpp"
#include "recycler/worker/signals/tracefs.hpp"

#include <cerrno>
#include <string>

namespace recycler::worker {

Result<AcceptTracepoints> find_accept_tracepoints() {
    const AcceptTracepoints found = accept_tracepoints();
    if (found.front() == 0) {
        return no_tracefs(errno);
    }
    const UniqueFd tried(open_accept_event(found.front(), 0));
    if (!tried) {
        return Error{errno, "perf_event_open(2) of the tracepoint sys_exit_accept"};
    }
    return found;
}

std::vector<pid_t> threads_of_all(std::span<const pid_t> processes) {
    std::vector<pid_t> all;
    for (const pid_t process : processes) {
        if (const auto threads = threads_of(process)) {
            all.insert(all.end(), threads->begin(), threads->end());
        }
    }
    return all;
}

Result<AcceptCounter> AcceptCounter::of_child(int pidfd, int page_fd) {
    AcceptCounter counter(Since::birth);
    for (std::size_t i = 0; i < k_accept_events; ++i) {
        UniqueFd event(fetch_accept_event(pidfd, page_fd, i));
        if (!event) {
            return Error{errno, "fetch the counter that a worker was started with"};
        }
        counter.events_.push_back(std::move(event));
    }
    return counter;
}

Result<AcceptCounter> AcceptCounter::attach(std::span<const pid_t> threads,
                                            const AcceptTracepoints& tracepoints) {
    std::vector<UniqueFd> events;
    for (const pid_t thread : threads) {
        for (const std::uint16_t tracepoint : tracepoints) {
            UniqueFd event(open_accept_event(tracepoint, thread));
            if (!event && errno == ESRCH) {
                continue; // it ended meanwhile
            }
            if (!event) {
                return Error{errno, "count what thread " + std::to_string(thread) + " accepts"};
            }
            events.push_back(std::move(event));
        }
    }
    return of_events(std::move(events), Since::later);
}

Result<AcceptCounter> AcceptCounter::of_events(std::vector<UniqueFd> events, Since since) {
    if (events.empty()) {
        return Error{ESRCH, "count what a worker accepts"};
    }
    AcceptCounter counter(since);
    counter.events_ = std::move(events);
    return counter;
}

std::uint64_t AcceptCounter::count() const {
    std::uint64_t sum = 0;
    for (const UniqueFd& event : events_) {
        std::uint64_t one = 0;
        sum += ::read(event.get(), &one, sizeof one) == sizeof one ? one : 0;
    }
    return sum;
}

} // namespace recycler::worker
