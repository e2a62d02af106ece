#include "recycler/controller/slot_table.hpp"

#include <algorithm>

namespace recycler::controller {

std::vector<SlotId> SlotTable::ids() const {
    std::vector<SlotId> ids;
    for (std::size_t i = 0; i < addresses_.size(); ++i) {
        ids.push_back({static_cast<std::uint16_t>(i)});
    }
    return ids;
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
    return it == listeners_.end() ? -1 : it->second.get();
}

std::size_t SlotTable::open_listeners(SlotId slot) const {
    return static_cast<std::size_t>(
        std::count_if(listeners_.begin(), listeners_.end(),
                      [slot](const auto& entry) { return entry.first.slot == slot; }));
}

std::vector<ListenerId> SlotTable::listeners() const {
    std::vector<ListenerId> ids;
    for (const auto& [id, fd] : listeners_) {
        ids.push_back(id);
    }
    return ids;
}

} // namespace recycler::controller
