// SPDX-License-Identifier: MIT
// Bounds how long a look at a worker's processes takes. A worker decides how many threads and
// descriptors it has and how long the files are that the kernel writes about them, and whoever
// looks has others to see to. Owns the clocks and the reading of such files; what is made of a look
// that took too long is the caller's: it is unknown, and never idle.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/units.hpp"

#include <string>

namespace recycler::worker {

// Of processor time: a look at a worker with 1024 descriptors and some threads takes a few
// milliseconds of it, and as much on a busy machine, where the clock on the wall runs on.
inline constexpr Duration k_longest_look = std::chrono::milliseconds(100);
// How long it may wait beside, for its turn on a processor or for the kernel. The keeper ends a
// controller that says nothing for 1.5 s.
inline constexpr Duration k_longest_wait = std::chrono::milliseconds(400);

// Belongs to the thread that made it.
class LookTime {
  public:
    // `most`: processor time, of this thread and of those that read beside it.
    explicit LookTime(Duration most = k_longest_look);

    [[nodiscard]] bool is_over() const;
    // ETIMEDOUT. The same words each time, so that they are told once.
    [[nodiscard]] static Error took_too_long();

    // The beginning of a file of /proc, at most 4 MiB. The kernel may need seconds to write it and
    // cannot be interrupted, so it is read beside: ETIMEDOUT when that is not done in time, or when
    // two earlier ones are not done yet.
    [[nodiscard]] Result<std::string> read(const std::string& path) const;

  private:
    MonoTime until_;
    Duration most_used_; // of this thread's processor time, since it began
    mutable Duration beside_{0};
};

} // namespace recycler::worker
