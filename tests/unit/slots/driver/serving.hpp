// SPDX-License-Identifier: MIT
// Where most tests of the decider begin: every slot has its first worker, ready, and nothing is
// ordered.
#pragma once

#include "tests/unit/slots/driver/driver.hpp"

namespace recycler::slots {

inline Driver serving(policies::HandoverMode handover = policies::HandoverMode::overlap,
                      std::uint16_t slots = 2, Machine machine = {}) {
    Driver driver(policy_with(handover), slots, machine);
    driver.started();
    return driver;
}

inline Driver serving(std::uint16_t slots, Machine machine = {}) {
    return serving(policies::HandoverMode::overlap, slots, machine);
}

// A second before 0.1 is seen at recycle.memory it had half of that, and starts take longer than
// memory.max leaves: it will be replaced behind a closed gate.
inline Driver running_towards_max() {
    policies::Policy policy = policy_with(policies::HandoverMode::overlap);
    policy.recycle.memory = 200_MiB;
    policy.memory.max = 256_MiB;
    Driver driver(policy, 2);
    driver.started(5s);
    driver.sampled(worker(0, 1), 100_MiB);
    driver.advance(1s);
    driver.forget_orders();
    return driver;
}

} // namespace recycler::slots
