// SPDX-License-Identifier: MIT
// What `status` shows, put together from what the decider decides and what the controller holds.
// Reads; changes nothing.
#pragma once

#include "recycler/controller/controller.hpp"

namespace recycler::controller {

struct Scene {
    const Parts& parts;
    const slots::Decider& decider;
    const LiveWorkers& workers;
    const systemd::Turns& turns;
    MonoTime now;
    WallTime wall_now;
};

// The app as a whole, and of its slots those that are `wanted`.
control::Snapshot snapshot_of(const Scene& scene, const std::vector<SlotId>& wanted);

} // namespace recycler::controller
