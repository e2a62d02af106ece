// SPDX-License-Identifier: MIT
#include "recycler/worker/signals/strike.hpp"

#include "recycler/base/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace recycler::worker {

Result<void> strike(const ListProcesses& processes) {
    const auto before = processes();
    if (!before) {
        return before.error();
    }
    std::vector<std::pair<pid_t, UniqueFd>> held;
    for (const pid_t pid : *before) {
        UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        if (!fd && errno != ESRCH) {
            return Error{errno, "hold process " + std::to_string(pid) + " of a worker"};
        }
        held.emplace_back(pid, std::move(fd));
    }
    const auto now = processes();
    if (!now) {
        return now.error();
    }
    for (const auto& [pid, fd] : held) {
        if (fd && std::ranges::find(*now, pid) != now->end()) {
            (void)::syscall(SYS_pidfd_send_signal, fd.get(), SIGKILL, nullptr,
                            0); // ESRCH: it ended
        }
    }
    return {};
}

} // namespace recycler::worker
