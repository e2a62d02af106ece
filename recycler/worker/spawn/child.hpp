// SPDX-License-Identifier: MIT
// What a worker does between fork and exec: carries out a plan, step by step, with nothing but
// async-signal-safe calls. Says through a pipe which step failed; that the pipe closes without a
// word means that the program was executed. Decides nothing.
#pragma once

#include "recycler/worker/count/accept_event.hpp"
#include "recycler/worker/spawn/plan_view.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/types.h>

namespace recycler::worker {

// The steps of a start. The first two fail in the keeper, the others in the child.
enum class Step : std::uint16_t {
    none = 0,
    plan,        // not sealed, or not a plan
    fork,        // EAGAIN: pids.max or RLIMIT_NPROC
    cgroup,      // placing failed
    session,     // setsid
    rlimits,     // a limit of the policy
    descriptors, // listener, stderr and page at their numbers
    user,        // setgroups, setresgid, setresuid
    parent,      // the keeper died meanwhile
    directory,   // chdir, after rights were dropped
    sandbox,     // no_new_privs
    exec,        // the last error of the programs tried
    seccomp,     // the filter, the last step but exec
    capabilities,
    nice,
    isolation, // a domain, a /dev/shm of its own
};
inline constexpr std::uint16_t k_step_count = 16;

// "cgroup", "user", ...: what records and errors call it. "unknown" outside of the list.
[[nodiscard]] const char* to_string(Step step);

// What comes through the failure pipe.
struct StepFailure {
    Step step = Step::none;
    std::uint16_t reserved = 0;
    std::int32_t error = 0; // errno
};

// What kept connections are handed on by: the two ends of the slot's channel, and an eventfd. The
// worker sends connections to the first, takes them from the second, and looks at its page when the
// third is readable.
inline constexpr std::size_t k_channel_files = 3;
using ChannelFiles = std::array<int, k_channel_files>; // -1: none

// The child moves its descriptors through the numbers below this one.
inline constexpr int k_lowest_channel_file = 13;

// Where a worker whose page is `page_fd` has the file number `index`: below the counters.
[[nodiscard]] constexpr int channel_file_below(int page_fd, std::size_t index) {
    return page_fd - 1 - static_cast<int>(k_accept_events + index);
}

// A worker that may have very few descriptors gets no channel.
[[nodiscard]] constexpr bool has_room_for_channel(int page_fd) {
    return channel_file_below(page_fd, k_channel_files - 1) >= k_lowest_channel_file;
}

// All close-on-exec and 3 or higher in the forking process.
struct ChildDescriptors {
    int listener = -1;                // becomes 0
    int output = -1;                  // becomes 1 and 2
    int page = -1;                    // becomes the plan's page_fd
    int failure = -1;                 // where a StepFailure is written
    ChannelFiles channel{-1, -1, -1}; // all or none; they go to channel_file_below()
};

struct ChildOrder {
    const PlanView& plan;
    ChildDescriptors descriptors;
    std::span<const int>
        tasks;        // cgroup v1 "tasks" files, open for writing: the child puts itself in
    pid_t parent = 0; // the child ends when this is no longer its parent
};

// Never returns: executes the program, or writes a StepFailure and exits with 127. To be called in
// a fresh single-threaded child only.
[[noreturn]] void run_child(const ChildOrder& order) noexcept;

} // namespace recycler::worker
