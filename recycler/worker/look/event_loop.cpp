// SPDX-License-Identifier: MIT
#include "recycler/worker/look/event_loop.hpp"

#include "recycler/worker/look/awaited.hpp"

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <unistd.h>
#include <variant>

namespace recycler::worker {
namespace {

enum class Waits { elsewhere, for_connections_alone, for_more };

// What stands behind a descriptor of a process: "pipe:[1234]".
Result<std::string> link_of(pid_t pid, int fd) {
    const std::string path = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
    std::array<char, 64> link{};
    const ssize_t size = ::readlink(path.c_str(), link.data(), link.size());
    if (size < 0) {
        return Error{errno, "read " + path};
    }
    return std::string(link.data(), static_cast<std::size_t>(size));
}

bool wakes_from_inside(std::string_view link) {
    return link.starts_with("pipe:[") || link == "anon_inode:[eventfd]";
}

struct Question {
    SocketInode listener;
    Duration timers;
};

Result<Waits> what_wakes(pid_t pid, pid_t thread, const Question& question, const LookTime& time) {
    const auto activity = activity_of(pid, thread);
    if (!activity) {
        return activity.error();
    }
    const auto* call = std::get_if<InSyscall>(&*activity);
    const auto seen = call == nullptr ? Result<Awaited>(Awaited{}) : awaited(pid, *call, time);
    if (!seen) {
        return seen.error();
    }
    if (!seen->anything) {
        return Waits::elsewhere;
    }
    bool for_connections = false;
    for (const int fd : seen->fds) {
        if (time.is_over()) {
            return LookTime::took_too_long();
        }
        const auto inode = socket_at(pid, fd);
        if (!inode) {
            return inode.error();
        }
        const bool is_listener = *inode == question.listener;
        for_connections = for_connections || is_listener;
        const auto link = is_listener ? Result<std::string>("") : link_of(pid, fd);
        if (!link) {
            return link.error();
        }
        if (!is_listener && !wakes_from_inside(*link)) {
            return Waits::for_more;
        }
    }
    if (!seen->complete || seen->at_most < question.timers) {
        return Waits::for_more;
    }
    return for_connections ? Waits::for_connections_alone : Waits::elsewhere;
}

} // namespace

Result<bool> waits_for_connections_alone(SocketInode listener, const ListProcesses& processes,
                                         Duration timers, const LookTime& time) {
    const auto listed = processes();
    if (!listed) {
        return listed.error();
    }
    bool any = false;
    for (const pid_t pid : *listed) {
        const auto threads = threads_of(pid);
        if (!threads) {
            return threads.error();
        }
        for (const pid_t thread : *threads) {
            if (time.is_over()) {
                return LookTime::took_too_long();
            }
            const auto waits = what_wakes(pid, thread, {listener, timers}, time);
            if (!waits || *waits == Waits::for_more) {
                return waits ? Result<bool>(false) : Result<bool>(waits.error());
            }
            any = any || *waits == Waits::for_connections_alone;
        }
    }
    return any;
}

} // namespace recycler::worker
