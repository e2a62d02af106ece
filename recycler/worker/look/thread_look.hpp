// SPDX-License-Identifier: MIT
// What each thread of a worker is doing, for the record of one that hangs: whether it computes,
// waits for a lock, or for an answer that does not come. Reads /proc and draws no conclusions.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/base/units.hpp"
#include "recycler/worker/look/waited_for.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace recycler::worker {

// More threads than this are not looked at: a record is read by a person.
inline constexpr std::size_t k_most_threads = 64;

// What could not be read (the rights, or the thread, are gone) is nullopt, or empty.
struct ThreadSeen {
    pid_t process = 0;
    pid_t thread = 0;
    std::string name;
    std::optional<char> state;          // the letter of proc(5)
    std::optional<std::string> call;    // the system call it sleeps in
    std::vector<WaitedFor> waits_for{}; // in that call
    std::string why_no_call;            // when it could not be read
    std::optional<std::string> wait_channel;
    std::vector<std::string> stack;   // kernel functions, innermost first
    std::string why_no_stack;         // when it could not be read
    std::optional<Duration> cpu_time; // it has used so far, in steps of 10 ms
};

// /proc/PID/stack by thread, opened by somebody who has CAP_SYS_ADMIN.
using StackFiles = std::map<pid_t, UniqueFd>;

// Fewer threads, and less of each, when the time is over. A stack that is not among `stacks` is
// opened with our own rights.
[[nodiscard]] std::vector<ThreadSeen>
look_at_threads(std::span<const pid_t> processes, const LookTime& time, const StackFiles& stacks);

// The time that each thread has used so far: two looks tell one that computes from one that was
// running by chance.
using CpuLook = std::map<pid_t, Duration>;
[[nodiscard]] CpuLook look_at_cpu(std::span<const pid_t> processes);

} // namespace recycler::worker
