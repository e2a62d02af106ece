// SPDX-License-Identifier: MIT
// Connections that waited at a worker while it took none of them and served nobody: a part of the
// evidence (evidence.hpp). Plain values.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>

namespace recycler::death {

// At the last look that showed it.
struct Unserved {
    Duration lasted{};        // since the first one
    Duration at_end{};        // the same at the worker's end
    std::uint32_t waited = 0; // in its queue
    std::uint32_t held = 0;   // it had taken, and no request was begun on them
    std::uint32_t half = 0;   // requests whose beginning alone had come
};

} // namespace recycler::death
