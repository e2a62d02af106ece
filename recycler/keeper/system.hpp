// SPDX-License-Identifier: MIT
// What the keeper needs of the system beside processes and sockets: the time, and a way to tell the
// operator something that can never block or allocate.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>

namespace recycler::keeper {

[[nodiscard]] MonoTime now();
[[nodiscard]] Duration processor_time();           // that this thread has used
[[nodiscard]] std::int64_t as_wire(MonoTime time); // nanoseconds

// A warning: "recyclerd: ..." on stderr, one line, cut at 480 bytes, marked as one where the
// journal reads it (sd-daemon(3)); left out when stderr takes nothing now (a full pipe, a stopped
// terminal), because the workers matter more.
__attribute__((format(printf, 1, 2))) void say(const char* format, ...);

} // namespace recycler::keeper
