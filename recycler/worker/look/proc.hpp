// SPDX-License-Identifier: MIT
// What /proc says about a worker's processes and threads. Reads only, keeps nothing, and knows no
// listener: idleness, freeze and readiness draw the conclusions. Reading another user's process
// needs CAP_SYS_PTRACE (EACCES or EPERM otherwise); one that is gone gives ENOENT or ESRCH.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/units.hpp"
#include "recycler/worker/listen/socket_diag.hpp"
#include "recycler/worker/look/look_time.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>
#include <variant>
#include <vector>

namespace recycler::worker {

// Lists the processes of a worker now: its cgroup's. Called again wherever a list must be known to
// be still complete.
using ListProcesses = std::function<Result<std::vector<pid_t>>()>;

[[nodiscard]] bool is_gone(const Error& error);

[[nodiscard]] Result<std::vector<pid_t>> threads_of(pid_t pid);

// The letter of proc(5): R, S, D, T, t, Z, X, I.
[[nodiscard]] Result<char> state_of(pid_t pid, pid_t thread);

[[nodiscard]] Result<pid_t> parent_of(pid_t pid);

// The time that a thread has used, in user and kernel mode; the kernel counts in steps of 10 ms.
[[nodiscard]] Result<Duration> cpu_time_of(pid_t pid, pid_t thread);

// The time that all threads of a process have used, those that have ended included.
[[nodiscard]] Result<Duration> processor_time_of(pid_t pid);

// Whether all of the process has begun to exit, or is gone. What it held may be closed then without
// having been finished: asked after a look at its connections, this tells idle from ended.
[[nodiscard]] Result<bool> is_exiting(pid_t pid);

// What a thread is doing, from /proc/PID/task/TID/syscall. On a CPU or ready for one (the kernel
// does not say where); asleep in a system call; asleep outside of any (a page fault).
struct Running {};
struct InSyscall {
    long number = 0;
    std::array<std::uint64_t, 6> arguments{};
};
struct AsleepOutside {};
using ThreadActivity = std::variant<Running, InSyscall, AsleepOutside>;
[[nodiscard]] Result<ThreadActivity> activity_of(pid_t pid, pid_t thread);
[[nodiscard]] bool is_accept(long syscall_number);

// The sockets that a process holds open, each as often as it has descriptors for it. ETIMEDOUT:
// there are more descriptors than can be read in that time.
[[nodiscard]] Result<std::vector<SocketInode>> sockets_of(pid_t pid,
                                                          const LookTime& time = LookTime());

// The socket that an entry of a folder of descriptors links to; `folder` is open. 0: it is no
// socket, or was closed since it was listed.
[[nodiscard]] SocketInode linked_socket(int folder, const char* descriptor);

// How many descriptors a process has.
[[nodiscard]] Result<std::size_t> descriptors_of(pid_t pid);

// The socket behind one descriptor of a process; 0: the descriptor is no socket.
[[nodiscard]] Result<SocketInode> socket_at(pid_t pid, int fd);

} // namespace recycler::worker
