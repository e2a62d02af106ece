// SPDX-License-Identifier: MIT
// Whom the kernel chose when it killed for memory. The counters of a cgroup say that it killed, and
// with memory.oom.group it then ends everybody in the group; only its log names the one process
// that was chosen ("oom-kill:", dump_oom_summary in mm/oom_kill.c). Reads records and no log.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace recycler::worker {

struct MemoryKill {
    std::string group; // the process's cgroup, as the kernel names it
    std::string name;  // its comm: as it named itself
    pid_t pid = 0;     // as the initial pid namespace numbers it
    bool operator==(const MemoryKill&) const = default;
};

// What one record of /dev/kmsg says of a kill for memory; nullopt: it speaks of something else.
[[nodiscard]] std::optional<MemoryKill> memory_kill_in(std::string_view record);

} // namespace recycler::worker
