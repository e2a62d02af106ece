// SPDX-License-Identifier: MIT
#include "recycler/worker/count/accept_event.hpp"

#include <cerrno>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::worker {

namespace {

constexpr char k_took_one[] = "ret >= 0";

} // namespace

int open_accept_event(std::uint16_t tracepoint, pid_t thread) noexcept {
    perf_event_attr wanted{};
    wanted.type = PERF_TYPE_TRACEPOINT;
    wanted.size = sizeof wanted;
    wanted.config = tracepoint;
    wanted.inherit = 1;
    wanted.disabled = 1; // until the filter stands
    const int event = static_cast<int>(
        ::syscall(SYS_perf_event_open, &wanted, thread, -1, -1, PERF_FLAG_FD_CLOEXEC));
    if (event >= 0 && (::ioctl(event, PERF_EVENT_IOC_SET_FILTER, k_took_one) < 0 ||
                       ::ioctl(event, PERF_EVENT_IOC_ENABLE, 0) < 0)) {
        const int error = errno;
        ::close(event);
        errno = error;
        return -1;
    }
    return event;
}

void count_own_accepts(const AcceptTracepoints& tracepoints, int page_fd) noexcept {
    for (std::size_t i = 0; i < tracepoints.size(); ++i) {
        const int event = tracepoints[i] == 0 ? -1 : open_accept_event(tracepoints[i], 0);
        if (event >= 0) {
            (void)::dup2(event, accept_event_below(page_fd, i)); // not closed on exec
            ::close(event);
        }
    }
}

} // namespace recycler::worker
