// SPDX-License-Identifier: MIT
// How a process ended that is no child of ours: Linux 6.15 and later keep that for whoever held a
// descriptor of it. Draws no conclusions.
#pragma once

#include "recycler/base/unique_fd.hpp"

#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace recycler::worker {

// The request of ioctl(2) that asks for it, PIDFD_GET_INFO. It reads alone.
inline constexpr std::uint32_t k_ask_for_exit = 0xc040ff0b;

// Empty: it is gone, or there is no room for a descriptor.
[[nodiscard]] UniqueFd hold_process(pid_t process);

// Its wait status, as of waitpid(2); nullopt: it lives, nobody has waited for it yet, or this
// kernel does not tell.
[[nodiscard]] std::optional<int> wait_status_of(int process);

} // namespace recycler::worker
