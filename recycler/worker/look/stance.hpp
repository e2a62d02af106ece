// SPDX-License-Identifier: MIT
// Where each thread of a worker stands, and whether it went on as if nobody had told it to stop:
// the way to tell a program that takes no notice of a signal from one that has something to do
// before it ends. Reads /proc, and knows neither listener nor signal.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/worker/look/proc.hpp"

#include <cstdint>
#include <vector>

namespace recycler::worker {

// A worker with more threads is not judged by them: reading one takes some 10 us.
inline constexpr std::size_t k_most_stances = 256;

struct ThreadStance {
    pid_t thread = 0;
    long call = -1;       // the system call it sleeps in; -1: it sleeps in none
    std::uint64_t on = 0; // its first argument: a descriptor, a lock
    bool operator==(const ThreadStance&) const = default;
};
using Stance = std::vector<ThreadStance>; // by number, each once

// EACCES, EPERM: not ours to see. E2BIG, ETIMEDOUT: too many. ESRCH: one ended meanwhile.
[[nodiscard]] Result<Stance> stance_of(const ListProcesses& processes, const LookTime& time);

// Whether each thread, and no other, stands `now` where it stood `before`, or waits for the next
// request, and at least one waits for it: inside accept(), or as one of the `held` that the
// recorder keeps from it, which sleep in futex().
[[nodiscard]] bool goes_on_waiting(const Stance& before, const Stance& now, std::uint32_t held);

// Whether each thread, and no other, stands in the very call in which it stood before.
[[nodiscard]] bool stands_still(const Stance& before, const Stance& now);

} // namespace recycler::worker
