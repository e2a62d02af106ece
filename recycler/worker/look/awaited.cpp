// SPDX-License-Identifier: MIT
#include "recycler/worker/look/awaited.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <poll.h>
#include <sstream>
#include <string>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/uio.h>

namespace recycler::worker {
namespace {

// More descriptors than this in one poll() and we look at the first of them only; the listener is
// fd 0 and comes early.
constexpr std::size_t k_most_in_poll = 256;

// Copies at most `size` bytes of another process's memory; less where the mapping ends.
std::size_t copy_memory(pid_t pid, std::uint64_t address, void* into, std::size_t size) {
    const iovec local{into, size};
    const iovec remote{reinterpret_cast<void*>(address), size}; // NOLINT: an address over there
    const ssize_t got = ::process_vm_readv(pid, &local, 1, &remote, 1, 0);
    return got < 0 ? 0 : static_cast<std::size_t>(got);
}

// The timeout of poll() and epoll_wait(): milliseconds in an int, below 0 for ever.
Duration in_milliseconds(std::uint64_t argument) {
    const auto milliseconds = static_cast<std::int32_t>(argument);
    return milliseconds < 0 ? k_forever : Duration(std::chrono::milliseconds(milliseconds));
}

// That of the others is a structure of the process's, which is not read.
Duration in_structure(std::uint64_t argument) {
    return argument == 0 ? k_forever : Duration::zero();
}

Awaited fds_polled(pid_t pid, const InSyscall& call) {
    const std::size_t count = call.arguments[1];
    std::vector<pollfd> set(std::min<std::size_t>(count, k_most_in_poll));
    const std::size_t got =
        copy_memory(pid, call.arguments[0], set.data(), set.size() * sizeof(pollfd));
    set.resize(got / sizeof(pollfd));
    Awaited seen{.fds = {}, .complete = set.size() == count};
    for (const pollfd& one : set) {
        if (one.fd >= 0 && (one.events & POLLIN) != 0) {
            seen.fds.push_back(one.fd);
        }
        seen.complete = seen.complete && (one.fd < 0 || one.events == POLLIN);
    }
    return seen;
}

Awaited fds_selected(pid_t pid, const InSyscall& call) {
    fd_set set;
    FD_ZERO(&set);
    const auto count = std::min<std::uint64_t>(call.arguments[0], FD_SETSIZE);
    if (call.arguments[1] == 0 ||
        copy_memory(pid, call.arguments[1], &set, (count + 7) / 8) < (count + 7) / 8) {
        return {.fds = {}, .complete = false};
    }
    // Those of the other two sets are not read.
    Awaited seen{.fds = {},
                 .complete = count == call.arguments[0] && call.arguments[2] == 0 &&
                             call.arguments[3] == 0};
    for (int fd = 0; fd < static_cast<int>(count); ++fd) {
        if (FD_ISSET(fd, &set)) {
            seen.fds.push_back(fd);
        }
    }
    return seen;
}

// /proc/PID/fdinfo/EPFD has a line "tfd: N events: ..." for each descriptor that the epoll set
// watches; one that is gone watches none.
Result<Awaited> fds_epolled(pid_t pid, const InSyscall& call, const LookTime& time) {
    auto text =
        time.read("/proc/" + std::to_string(pid) + "/fdinfo/" + std::to_string(call.arguments[0]));
    if (!text) {
        return text.error().code == ETIMEDOUT ? Result<Awaited>(text.error())
                                              : Awaited{.fds = {}, .complete = false};
    }
    std::istringstream info(std::move(*text));
    Awaited seen;
    for (std::string line; std::getline(info, line);) {
        int fd = -1;
        if (std::sscanf(line.c_str(), "tfd: %d", &fd) == 1) {
            seen.fds.push_back(fd);
        }
    }
    return seen;
}

Result<Awaited> waiting(Result<Awaited> seen, Duration at_most) {
    if (seen) {
        seen->at_most = at_most;
        seen->anything = true;
    }
    return seen;
}

} // namespace

Result<Awaited> awaited(pid_t pid, const InSyscall& call, const LookTime& time) {
    const auto& arguments = call.arguments;
    if (is_accept(call.number)) {
        return waiting(Awaited{.fds = {static_cast<int>(arguments[0])}}, k_forever);
    }
    switch (call.number) {
#ifdef SYS_poll // newer architectures have only the p-forms
    case SYS_poll:
        return waiting(fds_polled(pid, call), in_milliseconds(arguments[2]));
    case SYS_select:
        return waiting(fds_selected(pid, call), in_structure(arguments[4]));
    case SYS_epoll_wait:
        return waiting(fds_epolled(pid, call, time), in_milliseconds(arguments[3]));
#endif
    case SYS_ppoll:
        return waiting(fds_polled(pid, call), in_structure(arguments[2]));
    case SYS_pselect6:
        return waiting(fds_selected(pid, call), in_structure(arguments[4]));
    case SYS_epoll_pwait:
        return waiting(fds_epolled(pid, call, time), in_milliseconds(arguments[3]));
    case SYS_epoll_pwait2:
        return waiting(fds_epolled(pid, call, time), in_structure(arguments[3]));
    default:
        return Awaited{};
    }
}

} // namespace recycler::worker
