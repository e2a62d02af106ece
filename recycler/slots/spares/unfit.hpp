// SPDX-License-Identifier: MIT
// What makes spares impossible. Plain values.
#pragma once

#include "recycler/base/ids.hpp"

#include <string>

namespace recycler::slots {

// A spare runs, but not so that it could wait for a slot: nobody holds it before its accept().
struct SpareUnfit {
    WorkerId worker; // of k_spare_slot
    std::string why;
};

} // namespace recycler::slots
