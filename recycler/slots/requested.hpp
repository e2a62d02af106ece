// SPDX-License-Identifier: MIT
// What people ask of the decider: the operator's calls, and a changed policy.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/ids.hpp"
#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace recycler::slots {

// Names one operator call that waits for its answer.
using RequestId = std::uint64_t;

// The operator's calls. An empty list of slots never comes: the controller resolves "all".
struct DrainRequested {
    RequestId request = 0;
    std::vector<SlotId> slots;
    std::optional<Duration> timeout;
    bool force = false; // also the last open gate
};
struct OpenRequested {
    RequestId request = 0;
    std::vector<SlotId> slots;
};
struct RecycleRequested {
    RequestId request = 0;
    std::vector<SlotId> slots;
};
// Drain everything and end. A second one: at once.
struct StopRequested {
    RequestId request = 0; // 0: a signal, nobody waits for an answer
};
// Who asked has gone; what was asked goes on.
struct CallerGone {
    RequestId request = 0;
};

// A slot whose name has been in use before counts its generations on.
struct AddedSlot {
    SlotId slot;
    std::uint32_t first_generation = 1;
};

// A changed policy, already accepted as a whole. `added` have their listeners open already.
struct PolicyChanged {
    policies::Policy policy;
    std::vector<AddedSlot> added;
    std::vector<SlotId> removed;
    bool workers_change = false; // command, user, environment, directory or limits differ
    RequestId request = 0;       // of who waits until that has been tried; 0: nobody
};

} // namespace recycler::slots
