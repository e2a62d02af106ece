// SPDX-License-Identifier: MIT
#include "tests/scenario/kept.hpp"

#include <utility>

namespace scenario {

using slots::Resting;

void Kept::order(const slots::RouteChannel& order) {
    routes_[order.slot] = order.route;
    if (order.route.ended) {
        channels_[order.slot] = 0;
    }
}

void Kept::served(WorkerId id) {
    if (!on_ || dice_.one_in(2)) {
        return; // its client has closed it
    }
    Keeper& worker = workers_[id];
    if (worker.ordered == Resting::handed_on) {
        ++channels_[id.slot];
    } else if (worker.ordered == Resting::allowed) {
        ++worker.resting;
    }
}

bool Kept::asked(WorkerId id, bool takes) {
    if (!on_) {
        return false;
    }
    Keeper& worker = workers_[id];
    if (worker.ordered == Resting::handed_on) {
        channels_[id.slot] += std::exchange(worker.resting, 0);
    } else if (worker.ordered == Resting::ended) {
        worker.resting = 0;
    } else if (takes) {
        worker.resting += std::exchange(channels_[id.slot], 0);
    }
    const bool is_asked = takes && asks_ && worker.resting > 0 && dice_.one_in(10);
    worker.resting -= is_asked ? 1 : 0;
    return is_asked;
}

void Kept::move() {
    for (const auto& [slot, route] : routes_) {
        for (std::uint32_t& left = channels_[slot]; left > 0 && !route.targets.empty(); --left) {
            ++channels_[route.targets[left % route.targets.size()]];
        }
    }
}

std::uint32_t Kept::resting(WorkerId id) const {
    const auto found = workers_.find(id);
    return found == workers_.end() ? 0 : found->second.resting;
}

std::uint32_t Kept::in_channel(SlotId slot) const {
    const auto found = channels_.find(slot);
    return found == channels_.end() ? 0 : found->second;
}

} // namespace scenario
