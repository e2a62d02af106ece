// SPDX-License-Identifier: MIT
// What `status` says of the workers that wait for a slot. Plain values, as in model.hpp.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace recycler::control {

// One of them, or of those that the policy asks for and that are missing; such a one has nothing
// but a state and, if it is known, a reason.
struct SpareStatus {
    std::optional<std::uint32_t> number; // "spare.3" has 3
    std::string state;                   // starting, ready, stopping, missing
    std::optional<std::int32_t> pid;
    std::optional<std::string> cgroup;
    std::optional<Duration> age;
    std::optional<Bytes> memory;    // bloat
    std::optional<std::string> why; // it is missing, as far as that is known
    bool operator==(const SpareStatus&) const = default;
};

} // namespace recycler::control
