// SPDX-License-Identifier: MIT
// What the controller holds of a worker whose connections rest in it. Plain values.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>

namespace recycler::controller {

// Something has stood in the channel of its slot since then, when its page said this.
struct Untaken {
    MonoTime since;
    std::uint64_t taken = 0;
    std::uint64_t begun = 0;
};

// What rests in a worker that is to be ended, and does not come to hand it on.
struct TakingOut {
    bool asked = false;        // the keeper, once
    std::uint32_t awaited = 0; // answers of its
    bool kills = false;        // the order that waits for them; else it stops the worker
};

struct KeptByWorker {
    UniqueFd wake;      // an eventfd; empty: its connections do not rest in it
    bool takes = false; // what comes by the channel of its slot
    std::optional<Untaken> untaken{};
    TakingOut taking_out{};
};

} // namespace recycler::controller
