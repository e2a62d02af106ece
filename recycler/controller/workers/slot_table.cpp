// SPDX-License-Identifier: MIT
#include "recycler/controller/workers/slot_table.hpp"

#include <algorithm>
#include <cerrno>

namespace recycler::controller {

SlotTable::SlotTable(const std::vector<policies::Address>& addresses) {
    for (const policies::Address& address : addresses) {
        add(address);
    }
}

std::vector<SlotId> SlotTable::ids() const {
    std::vector<SlotId> ids;
    for (const auto& [id, address] : names_.slots) {
        ids.push_back(id);
    }
    return ids;
}

std::vector<SlotId> SlotTable::ids_of(const std::vector<policies::Address>& addresses) const {
    std::vector<SlotId> ids;
    for (const policies::Address& wanted : addresses) {
        const auto found = std::ranges::find_if(
            names_.slots, [&](const auto& slot) { return slot.second == wanted; });
        if (found != names_.slots.end()) {
            ids.push_back(found->first);
        }
    }
    return ids;
}

SlotId SlotTable::add(const policies::Address& address) {
    SlotId free;
    while (names_.slots.contains(free)) {
        ++free.index;
    }
    names_.slots.emplace(free, address);
    return free;
}

void SlotTable::remove(SlotId slot, std::uint32_t next_generation) {
    if (names_.slots.contains(slot)) {
        std::uint32_t& next = names_.departed[name(slot)];
        next = std::max(next, next_generation);
        names_.slots.erase(slot);
    }
}

std::uint32_t SlotTable::first_generation(SlotId slot) const {
    const auto departed = names_.departed.find(name(slot));
    return departed == names_.departed.end() ? 1 : departed->second;
}

std::string SlotTable::name(WorkerId worker) const {
    return name(worker.slot) + "." + std::to_string(worker.generation);
}

std::optional<SlotId> SlotTable::find(const std::string& name) const {
    for (const SlotId id : ids()) {
        if (this->name(id) == name || policies::to_string(address(id)) == name) {
            return id;
        }
    }
    return std::nullopt;
}

int SlotTable::fd(ListenerId listener) const {
    const auto it = listeners_.find(listener);
    return it == listeners_.end() ? -1 : it->second.fd.get();
}

SlotTable::Seen SlotTable::seen(ListenerId listener) const {
    const auto it = listeners_.find(listener);
    return it == listeners_.end() ? Seen{} : it->second.seen;
}

void SlotTable::note_queued(ListenerId listener, std::uint32_t queued) {
    if (const auto it = listeners_.find(listener); it != listeners_.end()) {
        it->second.seen.queued = queued;
    }
}

void SlotTable::note_file(ListenerId listener, std::uint32_t file) {
    if (const auto it = listeners_.find(listener); it != listeners_.end()) {
        it->second.seen.file = file;
    }
}

void SlotTable::note_shown(ListenerId listener, bool shown) {
    if (const auto it = listeners_.find(listener); it != listeners_.end()) {
        it->second.seen.shown = shown;
    }
}

void SlotTable::note_shown(ListenerId listener, Alone alone) {
    for (auto& [id, open] : listeners_) {
        if (alone == Alone::yes && id.slot == listener.slot) {
            open.seen.shown = false;
        }
    }
    note_shown(listener, true);
}

int SlotTable::why_not_open(ListenerId listener) const {
    return unopened_.first == listener && unopened_.second != 0 ? unopened_.second : EADDRNOTAVAIL;
}

std::size_t SlotTable::open_listeners(SlotId slot) const {
    return static_cast<std::size_t>(
        std::count_if(listeners_.begin(), listeners_.end(),
                      [slot](const auto& entry) { return entry.first.slot == slot; }));
}

std::vector<ListenerId> SlotTable::listeners() const {
    std::vector<ListenerId> ids;
    for (const auto& [id, open] : listeners_) {
        ids.push_back(id);
    }
    return ids;
}

} // namespace recycler::controller
