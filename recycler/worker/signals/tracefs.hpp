// SPDX-License-Identifier: MIT
// Where the kernel describes its trace events. Knows none of them. Nothing but async-signal-safe
// calls: the keeper, which allocates nothing, looks there too.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"

#include <array>

namespace recycler::worker {

enum class TracefsPlace { tracing, debug, own };

// In this order: one that is mounted costs no right but that to read it.
inline constexpr std::array k_tracefs_places{TracefsPlace::tracing, TracefsPlace::debug,
                                             TracefsPlace::own};

// The top folder of a tracefs, to open files below it with openat(2). TracefsPlace::own is one that
// this process alone has: it is mounted nowhere, and gone with the descriptor. That needs
// CAP_SYS_ADMIN in the first user namespace. Empty, and errno, if there is none.
[[nodiscard]] UniqueFd open_tracefs(TracefsPlace place) noexcept;

// What is missing. `error`: of the last place; ENOENT: the tracefs there does not describe an
// event.
[[nodiscard]] Error no_tracefs(int error);

} // namespace recycler::worker
