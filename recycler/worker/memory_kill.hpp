// Whom the kernel chose when it killed for memory. The counters of a cgroup say that it killed, and
// with memory.oom.group it then ends everybody in the group; only its log names the one process
// that was chosen ("oom-kill:", dump_oom_summary in mm/oom_kill.c). Needs a readable /dev/kmsg.
#pragma once

#include "recycler/base/result.hpp"

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

// The last one in that cgroup (the path that /proc/PID/cgroup would show, or its end: a container
// sees less of it than the kernel). nullopt: the log does not say, or no more, or it numbers
// processes otherwise than we do, in a container. An error says why it cannot be read.
[[nodiscard]] Result<std::optional<MemoryKill>> memory_kill_of(const std::string& group);

} // namespace recycler::worker
