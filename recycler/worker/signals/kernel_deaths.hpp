// SPDX-License-Identifier: MIT
// What the kernel's log has told of ended processes: the calls that seccomp filters killed for, and
// whom it chose when it killed for memory. The log is read once, then followed, however many ends
// are asked about. Never waits. Needs a readable /dev/kmsg.
#pragma once

#include "recycler/worker/signals/filter_kill.hpp"
#include "recycler/worker/signals/kernel_log.hpp"
#include "recycler/worker/signals/memory_kill.hpp"

#include <deque>
#include <optional>
#include <string>

namespace recycler::worker {

class KernelDeaths {
  public:
    // Takes in what has come since; at first, all that the log still holds. An error says why it
    // cannot be read.
    [[nodiscard]] Result<void> read_on();
    // Readable when there is more; -1: it was not read yet, or cannot be.
    [[nodiscard]] int fd() const { return log_ ? log_->fd() : -1; }

    // One record, as the log gives it.
    void take(std::string_view record);

    // The call that `process` was killed for, which began at `since`: the log may hold a record of
    // an earlier process with the same pid. nullopt: the log does not say, or not yet: a thread of
    // the kernel writes it after the process has ended, and leaves it out when there is too much to
    // write.
    [[nodiscard]] std::optional<FilterKill> filter_kill_of(pid_t process, WallTime since) const;
    // The last one in that cgroup (the path that /proc/PID/cgroup would show, or its end: a
    // container sees less of it than the kernel). nullopt: the log does not say, or no more.
    [[nodiscard]] std::optional<MemoryKill> memory_kill_of(const std::string& group) const;

  private:
    std::optional<KernelLog> log_;
    std::deque<FilterKill> by_filter_; // the last ones, oldest first
    std::deque<MemoryKill> for_memory_;
};

// Whether the kernel's log numbers processes as we do: not in a container with pids of its own.
[[nodiscard]] bool log_has_our_pids();

} // namespace recycler::worker
