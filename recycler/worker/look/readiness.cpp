// SPDX-License-Identifier: MIT
#include "recycler/worker/look/readiness.hpp"

#include "recycler/worker/look/awaited.hpp"

#include <variant>

namespace recycler::worker {
namespace {

Result<bool> thread_waits(pid_t pid, pid_t thread, SocketInode listener, const LookTime& time) {
    const auto activity = activity_of(pid, thread);
    if (!activity) {
        return is_gone(activity.error()) ? Result<bool>(false) : Result<bool>(activity.error());
    }
    const auto* call = std::get_if<InSyscall>(&*activity);
    if (call == nullptr) {
        return false;
    }
    const auto seen = awaited(pid, *call, time);
    if (!seen) {
        return seen.error();
    }
    for (const int fd : seen->fds) {
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
            auto waits = thread_waits(pid, thread, listener, time);
            if (!waits || *waits) {
                return waits;
            }
        }
    }
    return false;
}

} // namespace recycler::worker
