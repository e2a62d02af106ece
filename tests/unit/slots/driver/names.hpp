// SPDX-License-Identifier: MIT
// Short names for ids: worker(0, 2) is 0.2, listener(0, 1) is 0/1, spare(3) is spare.3.
#pragma once

#include "recycler/base/ids.hpp"

namespace recycler::slots {

constexpr WorkerId worker(std::uint16_t slot, std::uint32_t generation) {
    return {{slot}, generation};
}
constexpr ListenerId listener(std::uint16_t slot, std::uint32_t serial) {
    return {{slot}, serial};
}
constexpr WorkerId spare(std::uint32_t number) {
    return {k_spare_slot, number};
}

} // namespace recycler::slots
