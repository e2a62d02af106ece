// SPDX-License-Identifier: MIT
// The requests that the end of a worker concerned: a part of the evidence (evidence.hpp). Plain
// values.
#pragma once

#include "recycler/base/fate.hpp"
#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace recycler::death {

struct InFlight {
    std::string method;
    std::string uri;
    std::optional<Duration> running; // since the request began, at the end of the worker
};

// One of which the name is known, or several of which it is not. `running`: until it was over.
struct Concerned {
    std::optional<InFlight> request;
    Fate fate = Fate::unknown;
    std::uint32_t count = 1;
    bool was_empty = false; // the worker ended its answer without a byte in it
};

} // namespace recycler::death
