// Which system call a process was killed for by its seccomp filter. The wait status says SIGSYS and
// no more; the kernel names the call in its log, as an audit record of type 1326 (AUDIT_SECCOMP in
// linux/audit.h), also where no auditd runs. Needs a readable /dev/kmsg.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace recycler::worker {

struct FilterKill {
    pid_t pid = 0; // of the process, as the initial pid namespace numbers it
    std::uint32_t architecture = 0;
    long call = 0;
    bool operator==(const FilterKill&) const = default;
};

// What one record of /dev/kmsg says of a process that SIGSYS killed; nullopt: it speaks of
// something else.
[[nodiscard]] std::optional<FilterKill> filter_kill_in(std::string_view record);

// The same of a call that a filter let through and told (SECCOMP_RET_LOG).
[[nodiscard]] std::optional<FilterKill> let_through_in(std::string_view record);

// The call that `process` was killed for. nullopt: the log does not say, even after
// `patience`: a thread of the kernel writes it after the process has ended, and leaves it out when
// there is too much to write. An error says why the log cannot be read.
[[nodiscard]] Result<std::optional<FilterKill>> filter_kill_of(pid_t process, Duration patience);

} // namespace recycler::worker
