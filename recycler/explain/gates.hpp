// SPDX-License-Identifier: MIT
// When each gate was closed and what for, found from what was told of it and of the slot's worker
// at once afterwards. Pure.
#pragma once

#include "recycler/explain/history.hpp"

#include <functional>
#include <string>
#include <vector>

namespace recycler::explain {

struct GateMark {
    enum class Kind { closed, opened, draining, drained, stopping, braked };
    WallTime at;
    SlotIndex slot = 0;
    Kind kind = Kind::closed;
    bool has_worker = false;
    std::string trigger{};
};

// By their start. `until` says when the daemon ended that ran at a time; `deaths` are sorted by
// time.
std::vector<Closing> find_closings(std::vector<GateMark> marks,
                                   const std::function<WallTime(SlotIndex, WallTime)>& until,
                                   const std::vector<Death>& deaths);

} // namespace recycler::explain
