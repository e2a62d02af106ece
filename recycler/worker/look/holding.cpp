// SPDX-License-Identifier: MIT
#include "recycler/worker/look/holding.hpp"

#include <algorithm>
#include <variant>

namespace recycler::worker {
namespace {

// May this thread be between taking a connection and installing its descriptor? Stopped (T, t) is
// outside of any system call.
Result<bool> may_be_taking(pid_t pid, pid_t thread) {
    const auto activity = activity_of(pid, thread);
    if (!activity) {
        return is_gone(activity.error()) ? Result<bool>(true) : Result<bool>(activity.error());
    }
    const auto* call = std::get_if<InSyscall>(&*activity);
    if (call == nullptr) {
        return std::holds_alternative<Running>(*activity);
    }
    if (!is_accept(call->number)) {
        return false;
    }
    const auto state = state_of(pid, thread);
    if (!state) {
        return is_gone(state.error()) ? Result<bool>(true) : Result<bool>(state.error());
    }
    return *state != 'S' && *state != 'T' && *state != 't';
}

} // namespace

Result<std::uint32_t> count_taking(std::span<const pid_t> processes, const LookTime& time) {
    std::uint32_t taking = 0;
    for (const pid_t pid : processes) {
        const auto threads = threads_of(pid);
        if (!threads && is_gone(threads.error())) {
            ++taking;
            continue;
        }
        if (!threads) {
            return threads.error();
        }
        for (const pid_t thread : *threads) {
            if (time.is_over()) {
                return LookTime::took_too_long();
            }
            const auto may = may_be_taking(pid, thread);
            if (!may) {
                return may.error();
            }
            taking += *may ? 1 : 0;
        }
    }
    return taking;
}

Result<std::vector<SocketInode>> held_by(std::span<const pid_t> processes, const LookTime& time) {
    std::vector<SocketInode> held;
    for (const pid_t pid : processes) {
        const auto sockets = sockets_of(pid, time);
        if (sockets) {
            held.insert(held.end(), sockets->begin(), sockets->end());
        } else if (!is_gone(sockets.error())) {
            return sockets.error();
        }
    }
    std::sort(held.begin(), held.end());
    held.erase(std::unique(held.begin(), held.end()), held.end());
    return held;
}

bool holds_more_than(std::span<const int> given, const std::vector<SocketInode>& held) {
    std::vector<SocketInode> known;
    for (const int socket : given) {
        if (const auto inode = inode_of(socket)) {
            known.push_back(*inode);
        }
    }
    return std::ranges::any_of(
        held, [&](SocketInode one) { return std::ranges::find(known, one) == known.end(); });
}

Result<std::vector<pid_t>> sorted_list(const ListProcesses& processes) {
    auto listed = processes();
    if (listed) {
        std::sort(listed->begin(), listed->end());
    }
    return listed;
}

Result<std::uint32_t> list_changed(const ListProcesses& processes,
                                   const std::vector<pid_t>& before) {
    const auto after = sorted_list(processes);
    if (!after) {
        return after.error();
    }
    return *after == before ? 0U : 1U;
}

} // namespace recycler::worker
