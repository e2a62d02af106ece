// SPDX-License-Identifier: MIT
// Which system call a process was killed for by its seccomp filter. The wait status says SIGSYS and
// no more; the kernel names the call in its log, as an audit record of type 1326 (AUDIT_SECCOMP in
// linux/audit.h), also where no auditd runs. Reads records and no log.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <sys/types.h>

namespace recycler::worker {

struct FilterKill {
    pid_t pid = 0; // of the process, as the initial pid namespace numbers it
    std::uint32_t architecture = 0;
    long call = 0;
    WallTime at{}; // to the millisecond, and up to a tick of the kernel's (10 ms) too early
    bool operator==(const FilterKill&) const = default;
};

// What one record of /dev/kmsg says of a process that SIGSYS killed; nullopt: it speaks of
// something else.
[[nodiscard]] std::optional<FilterKill> filter_kill_in(std::string_view record);

// The same of a call that a filter let through and told (SECCOMP_RET_LOG).
[[nodiscard]] std::optional<FilterKill> let_through_in(std::string_view record);

} // namespace recycler::worker
