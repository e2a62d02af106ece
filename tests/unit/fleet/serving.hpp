// SPDX-License-Identifier: MIT
// Where most tests of the fleet begin: every slot has its first worker, ready, and nothing is
// ordered.
#pragma once

#include "tests/unit/fleet/driver.hpp"

namespace recycler::fleet {

inline Driver serving(policies::HandoverMode handover = policies::HandoverMode::overlap,
                      std::uint16_t slots = 2, Machine machine = {}) {
    Driver driver(policy_with(handover), slots, machine);
    driver.started();
    return driver;
}

inline Driver serving(std::uint16_t slots, Machine machine = {}) {
    return serving(policies::HandoverMode::overlap, slots, machine);
}

} // namespace recycler::fleet
