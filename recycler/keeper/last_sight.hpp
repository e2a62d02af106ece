// SPDX-License-Identifier: MIT
// What the kernel shows of a controller that does not answer, before it is ended: for whoever has
// to find out why. Copies a few words out of /proc, bounded, and reads no meaning into them.
#pragma once

#include <array>
#include <cstddef>
#include <sys/types.h>

namespace recycler::keeper {

// One line of printable characters, terminated with 0; empty when /proc shows nothing.
using Sight = std::array<char, 300>;

// State, wait channel, system call and the upper end of the kernel's stack of the main thread; each
// only as far as we may read it.
[[nodiscard]] Sight look_at(pid_t process);

// Whether the kernel is writing its core.
[[nodiscard]] bool is_dumping_core(pid_t process);

} // namespace recycler::keeper
