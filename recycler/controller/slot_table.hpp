// The slots of the app as the outside knows them: address, name, and the listeners that are open
// for each. The fleet knows only their numbers.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/ids.hpp"
#include "recycler/base/unique_fd.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace recycler::controller {

class SlotTable {
  public:
    explicit SlotTable(const std::vector<policies::Address>& addresses) : addresses_(addresses) {}

    [[nodiscard]] std::vector<SlotId> ids() const;
    [[nodiscard]] const policies::Address& address(SlotId slot) const {
        return addresses_.at(slot.index);
    }
    // "7012"
    [[nodiscard]] std::string name(SlotId slot) const { return policies::slot_name(address(slot)); }
    // "7012.3": also the name of its cgroup.
    [[nodiscard]] std::string name(WorkerId worker) const;
    // By port, by socket name or by whole address.
    [[nodiscard]] std::optional<SlotId> find(const std::string& name) const;

    void open(ListenerId listener, UniqueFd fd) { listeners_[listener] = std::move(fd); }
    void close(ListenerId listener) { listeners_.erase(listener); }
    // -1: there is none.
    [[nodiscard]] int fd(ListenerId listener) const;
    [[nodiscard]] std::size_t open_listeners(SlotId slot) const;
    [[nodiscard]] std::vector<ListenerId> listeners() const;

  private:
    std::vector<policies::Address> addresses_;
    std::map<ListenerId, UniqueFd> listeners_;
};

} // namespace recycler::controller
