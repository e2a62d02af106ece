// SPDX-License-Identifier: MIT
#include "recycler/keeper/store.hpp"

#include <algorithm>

namespace recycler::keeper {

DepositRecord* Store::find(const DepositKey& key) {
    const auto held = deposits();
    const auto found =
        std::ranges::find_if(held, [&](const DepositRecord& d) { return d.fd && d.key == key; });
    return found == held.end() ? nullptr : &*found;
}

DepositRecord* Store::put(const DepositKey& key) {
    if (DepositRecord* old = find(key)) {
        return old;
    }
    const auto held = deposits();
    const auto free = std::ranges::find_if(held, [](const DepositRecord& d) { return !d.fd; });
    if (free != held.end()) {
        return &*free;
    }
    return deposits_used_ < deposits_.size() ? &deposits_[deposits_used_++] : nullptr;
}

WorkerRecord* Store::vacant_worker() {
    const auto held = workers();
    const auto free = std::ranges::find(held, WorkerState::vacant, &WorkerRecord::state);
    if (free != held.end()) {
        return &*free;
    }
    return workers_used_ < workers_.size() ? &workers_[workers_used_++] : nullptr;
}

WorkerRecord* Store::find(const WireId& id) {
    const auto held = workers();
    const auto found = std::ranges::find_if(
        held, [&](const WorkerRecord& w) { return w.state != WorkerState::vacant && w.id == id; });
    return found == held.end() ? nullptr : &*found;
}

WorkerRecord* Store::find_process(int pid) {
    const auto held = workers();
    const auto found = std::ranges::find_if(
        held, [&](const WorkerRecord& w) { return w.has_process() && w.pid == pid; });
    return found == held.end() ? nullptr : &*found;
}

RouteRecord* Store::find_route(std::uint16_t slot) {
    const auto held = routes();
    const auto found = std::ranges::find_if(
        held, [slot](const RouteRecord& r) { return !r.is_free() && r.slot == slot; });
    return found == held.end() ? nullptr : &*found;
}

RouteRecord* Store::free_route() {
    const auto held = routes();
    const auto free = std::ranges::find_if(held, &RouteRecord::is_free);
    if (free != held.end()) {
        return &*free;
    }
    return routes_used_ < routes_.size() ? &routes_[routes_used_++] : nullptr;
}

std::size_t Store::index_of(const WorkerRecord& worker) const {
    return static_cast<std::size_t>(&worker - workers_.data());
}

std::uint32_t Store::deposit_count() {
    return static_cast<std::uint32_t>(std::ranges::count_if(
        deposits(), [](const DepositRecord& d) { return static_cast<bool>(d.fd); }));
}

std::uint32_t Store::worker_count() {
    return static_cast<std::uint32_t>(std::ranges::count_if(
        workers(), [](const WorkerRecord& w) { return w.state != WorkerState::vacant; }));
}

} // namespace recycler::keeper
