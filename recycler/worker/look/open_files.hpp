// SPDX-License-Identifier: MIT
// How many files a process has open. Cheap enough to be asked with every sample: 2 us where the
// kernel counts (Linux 6.2); before, the entries of /proc/PID/fd are counted, 1 us each.
#pragma once

#include "recycler/base/result.hpp"

#include <cstdint>
#include <sys/types.h>

namespace recycler::worker {

enum class Counted { by_kernel, by_us };

struct OpenFiles {
    std::uint64_t count = 0;
    Counted counted = Counted::by_kernel;
};

// Of another user's process it needs CAP_SYS_PTRACE.
[[nodiscard]] Result<OpenFiles> open_files_of(pid_t pid);

} // namespace recycler::worker
