// An operator who waits for an answer of the fleet.
#pragma once

#include "recycler/base/ids.hpp"
#include "recycler/control/server.hpp"

#include <vector>

namespace recycler::controller {

struct Waiting {
    control::CallId call;
    std::vector<SlotId> slots; // that were asked for
};

} // namespace recycler::controller
