// SPDX-License-Identifier: MIT
// What `status` says of the connections that clients keep open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace recycler::control {

// Kept connections that rest in the worker between their requests. `how`: "off", "rest",
// "handed-on", "ended"; the others are nullopt if they do not rest in it.
struct WorkerKeeping {
    std::string how;
    std::optional<std::uint64_t> resting;                              // now
    std::optional<std::uint64_t> came_back, handed_on, taken, misfits; // since it started
    bool operator==(const WorkerKeeping&) const = default;
};

} // namespace recycler::control
