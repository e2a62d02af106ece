// SPDX-License-Identifier: MIT
// What a process was started with and may have changed since: its resource limits, its name, its
// environment. Reads /proc, keeps nothing. Of another user's process it needs CAP_SYS_PTRACE.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

namespace recycler::worker {

// The soft ones, which bind; nullopt: none.
struct OwnLimits {
    std::optional<std::uint64_t> open_files;
    std::optional<Bytes> address_space;
    std::optional<std::uint64_t> cpu_seconds;
    bool operator==(const OwnLimits&) const = default;
};
[[nodiscard]] Result<OwnLimits> own_limits_of(pid_t pid);

[[nodiscard]] Result<Bytes> address_space_of(pid_t pid);

// The name of the program that it runs, or that it has given itself: at most 15 bytes.
[[nodiscard]] Result<std::string> program_name_of(pid_t pid);

// A variable of its environment when it was started; nullopt: it has none.
[[nodiscard]] Result<std::optional<std::string>> variable_of(pid_t pid, const std::string& name);

} // namespace recycler::worker
