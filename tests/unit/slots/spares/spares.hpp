// SPDX-License-Identifier: MIT
// Policies with spares, and an app that has one waiting.
#pragma once

#include "tests/unit/slots/driver/driver.hpp"

namespace recycler::slots {

inline policies::Policy with_spares(std::uint32_t spares) {
    policies::Policy policy = policy_with(policies::HandoverMode::overlap);
    policy.capacity.spares = spares;
    policy.start.timeout = 30s;
    policy.recycle.stuck.reset();
    return policy;
}

// Each of `slots` has its first worker, and the first spare waits.
inline void let_wait(Driver& d) {
    d.started();
    d.advance(1s);
    d.ready(spare(1));
    d.forget_orders();
}

} // namespace recycler::slots
