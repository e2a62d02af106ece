#include "recycler/worker/readiness.hpp"

#include "recycler/base/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <sstream>
#include <string>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <variant>

namespace recycler::worker {
namespace {

// More descriptors than this in one poll() and we look at the first of them only; the listener is
// fd 0 and comes early.
constexpr std::size_t k_most_polled = 256;

// Which descriptors of a process one of its threads waits on.
using Awaited = std::vector<int>;

// Copies at most `size` bytes of another process's memory; less where the mapping ends.
std::size_t read_memory(pid_t pid, std::uint64_t address, void* into, std::size_t size) {
    const iovec local{into, size};
    const iovec remote{reinterpret_cast<void*>(address), size}; // NOLINT: an address over there
    const ssize_t got = ::process_vm_readv(pid, &local, 1, &remote, 1, 0);
    return got < 0 ? 0 : static_cast<std::size_t>(got);
}

Awaited polled_for_input(pid_t pid, const InSyscall& call) {
    std::vector<pollfd> set(std::min<std::size_t>(call.arguments[1], k_most_polled));
    const std::size_t got =
        read_memory(pid, call.arguments[0], set.data(), set.size() * sizeof(pollfd));
    set.resize(got / sizeof(pollfd));
    Awaited fds;
    for (const pollfd& one : set) {
        if (one.fd >= 0 && (one.events & POLLIN) != 0) {
            fds.push_back(one.fd);
        }
    }
    return fds;
}

Awaited selected_for_input(pid_t pid, const InSyscall& call) {
    fd_set set;
    FD_ZERO(&set);
    const auto count = std::min<std::uint64_t>(call.arguments[0], FD_SETSIZE);
    if (call.arguments[1] == 0 ||
        read_memory(pid, call.arguments[1], &set, (count + 7) / 8) < (count + 7) / 8) {
        return {};
    }
    Awaited fds;
    for (int fd = 0; fd < static_cast<int>(count); ++fd) {
        if (FD_ISSET(fd, &set)) {
            fds.push_back(fd);
        }
    }
    return fds;
}

// /proc/PID/fdinfo/EPFD has a line "tfd: N events: ..." for each descriptor that the epoll set
// watches; one that is gone watches none.
Result<Awaited> epolled(pid_t pid, const InSyscall& call, const LookTime& time) {
    auto text =
        time.read("/proc/" + std::to_string(pid) + "/fdinfo/" + std::to_string(call.arguments[0]));
    if (!text) {
        return text.error().code == ETIMEDOUT ? Result<Awaited>(text.error()) : Awaited();
    }
    std::istringstream info(std::move(*text));
    Awaited fds;
    for (std::string line; std::getline(info, line);) {
        int fd = -1;
        if (std::sscanf(line.c_str(), "tfd: %d", &fd) == 1) {
            fds.push_back(fd);
        }
    }
    return fds;
}

Result<Awaited> awaited(pid_t pid, const InSyscall& call, const LookTime& time) {
    if (is_accept(call.number)) {
        return Awaited{static_cast<int>(call.arguments[0])};
    }
    switch (call.number) {
#ifdef SYS_poll // newer architectures have only the p-forms
    case SYS_poll:
        return polled_for_input(pid, call);
    case SYS_select:
        return selected_for_input(pid, call);
    case SYS_epoll_wait:
        return epolled(pid, call, time);
#endif
    case SYS_ppoll:
        return polled_for_input(pid, call);
    case SYS_pselect6:
        return selected_for_input(pid, call);
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
        return epolled(pid, call, time);
    default:
        return Awaited();
    }
}

Result<bool> thread_waits(pid_t pid, pid_t thread, SocketInode listener, const LookTime& time) {
    const auto activity = activity_of(pid, thread);
    if (!activity) {
        return is_gone(activity.error()) ? Result<bool>(false) : Result<bool>(activity.error());
    }
    const auto* call = std::get_if<InSyscall>(&*activity);
    if (call == nullptr) {
        return false;
    }
    const auto fds = awaited(pid, *call, time);
    if (!fds) {
        return fds.error();
    }
    for (const int fd : *fds) {
        if (time.is_over()) {
            return LookTime::took_too_long();
        }
        const auto inode = socket_at(pid, fd);
        if (inode && *inode == listener) {
            return true;
        }
        if (!inode && !is_gone(inode.error())) {
            return inode.error();
        }
    }
    return false;
}

} // namespace

Result<bool> waits_on(SocketInode listener, const ListProcesses& processes, const LookTime& time) {
    const auto listed = processes();
    if (!listed) {
        return listed.error();
    }
    for (const pid_t pid : *listed) {
        const auto threads = threads_of(pid);
        if (!threads && !is_gone(threads.error())) {
            return threads.error();
        }
        for (const pid_t thread : threads ? *threads : std::vector<pid_t>()) {
            if (time.is_over()) {
                return LookTime::took_too_long();
            }
            const auto waits = thread_waits(pid, thread, listener, time);
            if (!waits || *waits) {
                return waits;
            }
        }
    }
    return false;
}

} // namespace recycler::worker
