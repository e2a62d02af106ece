// SPDX-License-Identifier: MIT
// The capabilities of Linux by name, and which of them the workers of a policy may have.
#pragma once

#include "policies/policy.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace policies {

// In the order of their numbers (linux/capability.h).
inline constexpr std::array<std::string_view, 41> k_capabilities{"CAP_CHOWN",
                                                                 "CAP_DAC_OVERRIDE",
                                                                 "CAP_DAC_READ_SEARCH",
                                                                 "CAP_FOWNER",
                                                                 "CAP_FSETID",
                                                                 "CAP_KILL",
                                                                 "CAP_SETGID",
                                                                 "CAP_SETUID",
                                                                 "CAP_SETPCAP",
                                                                 "CAP_LINUX_IMMUTABLE",
                                                                 "CAP_NET_BIND_SERVICE",
                                                                 "CAP_NET_BROADCAST",
                                                                 "CAP_NET_ADMIN",
                                                                 "CAP_NET_RAW",
                                                                 "CAP_IPC_LOCK",
                                                                 "CAP_IPC_OWNER",
                                                                 "CAP_SYS_MODULE",
                                                                 "CAP_SYS_RAWIO",
                                                                 "CAP_SYS_CHROOT",
                                                                 "CAP_SYS_PTRACE",
                                                                 "CAP_SYS_PACCT",
                                                                 "CAP_SYS_ADMIN",
                                                                 "CAP_SYS_BOOT",
                                                                 "CAP_SYS_NICE",
                                                                 "CAP_SYS_RESOURCE",
                                                                 "CAP_SYS_TIME",
                                                                 "CAP_SYS_TTY_CONFIG",
                                                                 "CAP_MKNOD",
                                                                 "CAP_LEASE",
                                                                 "CAP_AUDIT_WRITE",
                                                                 "CAP_AUDIT_CONTROL",
                                                                 "CAP_SETFCAP",
                                                                 "CAP_MAC_OVERRIDE",
                                                                 "CAP_MAC_ADMIN",
                                                                 "CAP_SYSLOG",
                                                                 "CAP_WAKE_ALARM",
                                                                 "CAP_BLOCK_SUSPEND",
                                                                 "CAP_AUDIT_READ",
                                                                 "CAP_PERFMON",
                                                                 "CAP_BPF",
                                                                 "CAP_CHECKPOINT_RESTORE"};

// What the workers may have: what the policy lists; where it lists nothing, all when they are run
// as root, and else none. By name, and as bits by number.
std::vector<std::string> capabilities_of(const Policy& policy);
std::uint64_t bits_of(const std::vector<std::string>& capabilities);

} // namespace policies
