// SPDX-License-Identifier: MIT
// What a thread gets that has waited for the listener and for what rests.
#pragma once

#include <cstdint>

namespace recycler::recorder {

struct Coming {
    enum class What : std::uint8_t { listener, connection, park, error };
    What what = What::error;
    int fd = -1;            // of a connection: it is the worker's
    std::uint32_t turn = 0; // of the listener
};

} // namespace recycler::recorder
