// SPDX-License-Identifier: MIT
#include "recycler/worker/count/accept_event.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/signals/tracefs.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::worker {

namespace {

constexpr char k_took_one[] = "ret >= 0";
constexpr std::array<const char*, k_accept_events> k_names{"sys_exit_accept", "sys_exit_accept4"};

std::uint16_t number_of(int tracefs, const char* name) {
    std::array<char, 64> path{};
    (void)std::snprintf(path.data(), path.size(), "events/syscalls/%s/id", name);
    const UniqueFd file(::openat(tracefs, path.data(), O_RDONLY | O_CLOEXEC));
    std::array<char, 16> text{};
    const ssize_t got = file ? ::read(file.get(), text.data(), text.size()) : -1;
    const std::string_view seen(text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text::number_at_front<std::uint16_t>(seen).value_or(0);
}

} // namespace

AcceptTracepoints accept_tracepoints() noexcept {
    for (const TracefsPlace place : k_tracefs_places) {
        const UniqueFd tracefs = open_tracefs(place);
        if (!tracefs) {
            continue; // its errno stands if it is the last
        }
        AcceptTracepoints found{};
        std::ranges::transform(k_names, found.begin(), [&tracefs](const char* name) {
            return number_of(tracefs.get(), name);
        });
        if (std::ranges::find(found, 0) == found.end()) {
            return found;
        }
    }
    return {};
}

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

int fetch_accept_event(int pidfd, int page_fd, std::size_t index) noexcept {
    const int number = accept_event_below(page_fd, index);
    const auto fd = static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd, number, 0));
    std::array<char, 48> link{};
    std::array<char, 64> target{};
    (void)std::snprintf(link.data(), link.size(), "/proc/%d/fd/%d", ::getpid(), fd);
    const ssize_t got = fd < 0 ? -1 : ::readlink(link.data(), target.data(), target.size());
    if (fd < 0 || (got > 0 && std::string_view(target.data(), static_cast<std::size_t>(got)) ==
                                  "anon_inode:[perf_event]")) {
        return fd;
    }
    ::close(fd);
    errno = EBADF;
    return -1;
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
