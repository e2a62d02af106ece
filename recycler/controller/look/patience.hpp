// SPDX-License-Identifier: MIT
// How long a look at a worker may take in the present turn of the loop.
#pragma once

#include "recycler/worker/look/look_time.hpp"
#include "systemd/event_loop.hpp"

#include <algorithm>

namespace recycler::controller {

// All looks of one turn share k_longest_look; who comes late has enough for an ordinary one.
[[nodiscard]] inline Duration look_patience(const systemd::EventLoop& loop) {
    constexpr Duration k_at_least = std::chrono::milliseconds(5);
    return std::max(worker::k_longest_look - loop.taken(), k_at_least);
}

// Likewise for what the threads of one that hangs do: seen once, and its record lives by it. The
// kernel takes long over its tables where tens of thousands of connections are or were.
[[nodiscard]] inline Duration examination_patience(const systemd::EventLoop& loop) {
    constexpr Duration k_longest = std::chrono::milliseconds(600);
    constexpr Duration k_at_least = std::chrono::milliseconds(20);
    return std::max(k_longest - loop.taken(), k_at_least);
}

} // namespace recycler::controller
