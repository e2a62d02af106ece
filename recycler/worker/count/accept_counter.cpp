// SPDX-License-Identifier: MIT
#include "recycler/worker/count/accept_counter.hpp"

#include "recycler/base/own_process.hpp"
#include "recycler/base/text/numbers.hpp"
#include "recycler/worker/look/proc.hpp"
#include "recycler/worker/signals/tracefs.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::worker {

namespace {

constexpr const char* k_names[] = {"sys_exit_accept", "sys_exit_accept4"};

std::uint16_t number_of(const std::string& tracefs, const char* name) {
    const std::string path = tracefs + "/events/syscalls/" + name + "/id";
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 16> text{};
    const ssize_t got = file ? ::read(file.get(), text.data(), text.size()) : -1;
    const std::string_view seen(text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text::number_at_front<std::uint16_t>(seen).value_or(0);
}

// A worker may put anything at a number of its own, also what blocks who reads it.
bool is_event(int fd) {
    std::array<char, 64> target{};
    const std::string link = own_process("fd/" + std::to_string(fd));
    const ssize_t got = ::readlink(link.c_str(), target.data(), target.size());
    return got > 0 && std::string_view(target.data(), static_cast<std::size_t>(got)) ==
                          "anon_inode:[perf_event]";
}

} // namespace

Result<AcceptTracepoints> find_accept_tracepoints() {
    for (const char* tracefs : k_tracefs) {
        AcceptTracepoints found{};
        std::ranges::transform(k_names, found.begin(),
                               [tracefs](const char* name) { return number_of(tracefs, name); });
        if (std::ranges::find(found, 0) != found.end()) {
            continue;
        }
        const UniqueFd tried(open_accept_event(found.front(), 0));
        if (!tried) {
            return Error{errno, "perf_event_open(2) of the tracepoint sys_exit_accept"};
        }
        return found;
    }
    return Error{0, "no tracefs with the system calls' tracepoints can be read in "
                    "/sys/kernel/tracing"};
}

Result<AcceptCounter> AcceptCounter::of_child(int pidfd, int page_fd) {
    AcceptCounter counter(Since::birth);
    for (std::size_t i = 0; i < std::size(k_names); ++i) {
        UniqueFd event(
            static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd, accept_event_below(page_fd, i), 0)));
        if (!event || !is_event(event.get())) {
            return Error{event ? EBADF : errno, "fetch the counter that a worker was started with"};
        }
        counter.events_.push_back(std::move(event));
    }
    return counter;
}

Result<AcceptCounter> AcceptCounter::attach(std::span<const pid_t> processes,
                                            const AcceptTracepoints& tracepoints) {
    AcceptCounter counter(Since::later);
    for (const pid_t process : processes) {
        const auto threads = threads_of(process);
        for (const pid_t thread : threads ? *threads : std::vector<pid_t>()) {
            for (const std::uint16_t tracepoint : tracepoints) {
                UniqueFd event(open_accept_event(tracepoint, thread));
                if (!event && errno == ESRCH) {
                    continue; // it ended meanwhile
                }
                if (!event) {
                    return Error{errno,
                                 "count what process " + std::to_string(process) + " accepts"};
                }
                counter.events_.push_back(std::move(event));
            }
        }
    }
    if (counter.events_.empty()) {
        return Error{ESRCH, "count what a worker accepts"};
    }
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
