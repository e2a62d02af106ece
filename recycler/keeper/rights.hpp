// SPDX-License-Identifier: MIT
// The capabilities that the keeper keeps once it knows by which plans it starts workers, and those
// that a controller gets of it: a keeper that was started by hand has then what the unit gives one.
// No system call filter and no no_new_privs: each worker would inherit them, and the policy alone
// decides what its workers may call, and whether they may gain privileges.
#pragma once

#include "recycler/keeper/permits.hpp"

#include <cstdint>
#include <linux/capability.h>

namespace recycler::keeper {

// Bits by number, as in /proc/PID/status.
template <typename... Capability>
constexpr std::uint64_t rights_of(Capability... capabilities) {
    return ((std::uint64_t{1} << capabilities) | ...);
}

// What the keeper uses itself, or a child of it until it executes the worker's program. To them
// come those that a permitted plan gives to workers, and CAP_SYS_NICE (setpriority(2)) where one
// asks for less niceness than the keeper's.
inline constexpr std::uint64_t k_keeper_rights = rights_of(
    CAP_SETUID,  // setresuid(2) of a child, to become the worker's user
    CAP_SETGID,  // setgroups(2) and setresgid(2) of a child
    CAP_SETPCAP, // prctl(PR_CAPBSET_DROP) of the keeper and of a child; capset(2) of inheritable
                 // ones
    CAP_KILL,    // pidfd_send_signal(2) to workers, which run as other users
    CAP_SYS_RESOURCE,  // setrlimit(2) above a hard limit; /proc/self/oom_score_adj below its own
    CAP_SYS_ADMIN,     // perf_event_open(2) where kernel.perf_event_paranoid is 3; seccomp(2) of a
                       // child without no_new_privs; /proc/PID/stack of a hung controller
    CAP_PERFMON,       // perf_event_open(2) where CAP_SYS_ADMIN is withheld from the daemon
    CAP_SYS_PTRACE,    // /proc/PID/exe and /proc/PID/syscall of a controller with other rights
    CAP_DAC_OVERRIDE); // stat(2) and execve(2) of a controller that stands in a folder of another
                       // user; chdir(2) and execve(2) of a worker there that runs as root

// What a controller gets besides: it is root, and execve(2) gives it what the bounding set holds.
inline constexpr std::uint64_t k_controller_rights = rights_of(
    CAP_KILL,             // signals to workers
    CAP_NET_BIND_SERVICE, // bind(2) to ports below 1024
    CAP_NET_RAW,          // SO_BINDTOIFINDEX: to hide a listener and show it again
    CAP_DAC_OVERRIDE,     // unix sockets in folders of other users
    CAP_DAC_READ_SEARCH,  // policies and programs in folders of other users
    CAP_CHOWN,            // the owner of a unix socket
    CAP_FOWNER,           // its mode
    CAP_SYS_PTRACE,       // /proc of workers, pidfd_getfd(2) of their counters
    CAP_SYS_RESOURCE,     // prlimit(2) of workers
    CAP_SYS_ADMIN,        // at its start: perf_event_open(2) of the tracepoint for signals
    CAP_PERFMON,          // likewise, where CAP_SYS_ADMIN is withheld
    CAP_SYSLOG,           // /dev/kmsg
    CAP_SETUID, // these three are the keeper's, and the policy's workers need them at birth
    CAP_SETGID, CAP_SETPCAP);

class Rights {
  public:
    // Once, when the first permits are told: gives up what neither it nor their plans need. A plan
    // that bounds no capabilities (of workers that run as root, or that may gain privileges, and
    // for which the policy lists none) leaves the bounding set as it is, and if its workers run as
    // root, the other sets, too. A keeper that is not root gives up nothing.
    void keep_for(std::span<const PermitRecord> permits);

    // Out of the bounding set: no worker can have these any more.
    [[nodiscard]] std::uint64_t given_up() const { return given_up_; }

  private:
    void bound_to(std::uint64_t rights);

    bool chosen_ = false;
    std::uint64_t given_up_ = 0;
};

} // namespace recycler::keeper
