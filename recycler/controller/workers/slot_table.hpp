// SPDX-License-Identifier: MIT
// The slots of the app as the outside knows them: address, name, and the listeners that are open
// for each. The decider knows only their numbers. A number is given to another slot when its slot
// has gone; a name never starts over: a slot that comes back counts its generations on.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/ids.hpp"
#include "recycler/base/unique_fd.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace recycler::controller {

struct NewSlot {
    policies::Address address;
    UniqueFd listener; // open and shown; nobody serves it yet
};

class SlotTable {
  public:
    // What must outlive the controller.
    struct Names {
        std::map<SlotId, policies::Address> slots;
        std::map<std::string, std::uint32_t> departed; // name: the generation that comes next
        bool operator==(const Names&) const = default;
    };

    explicit SlotTable(const std::vector<policies::Address>& addresses);
    explicit SlotTable(Names names) : names_(std::move(names)) {}

    // Those there are, also those that are about to go.
    [[nodiscard]] std::vector<SlotId> ids() const;
    // Those of `addresses`, in that order; one that has no slot is left out.
    [[nodiscard]] std::vector<SlotId> ids_of(const std::vector<policies::Address>& addresses) const;
    [[nodiscard]] const Names& names() const { return names_; }

    // Gives the lowest free number to `address`.
    SlotId add(const policies::Address& address);
    // The slot has gone for good. One of the same name that comes later goes on at
    // `next_generation`.
    void remove(SlotId slot, std::uint32_t next_generation);
    [[nodiscard]] std::uint32_t first_generation(SlotId slot) const;

    [[nodiscard]] bool contains(SlotId slot) const { return names_.slots.contains(slot); }
    [[nodiscard]] const policies::Address& address(SlotId slot) const {
        return names_.slots.at(slot);
    }
    // "7012", or "spare".
    [[nodiscard]] std::string name(SlotId slot) const {
        return slot == k_spare_slot ? policies::k_spare_name : policies::slot_name(address(slot));
    }
    // "7012.3", "spare.5": also the name of the cgroup that a worker is born in.
    [[nodiscard]] std::string name(WorkerId worker) const;
    // What its cgroup is called. `spare`: the number that it was born under, if it was one.
    [[nodiscard]] std::string group_name(WorkerId worker,
                                         std::optional<std::uint32_t> spare) const {
        return name(spare ? WorkerId{k_spare_slot, *spare} : worker);
    }
    // By port, by socket name or by whole address.
    [[nodiscard]] std::optional<SlotId> find(const std::string& name) const;

    void open(ListenerId listener, UniqueFd fd) { listeners_[listener].fd = std::move(fd); }
    void close(ListenerId listener) { listeners_.erase(listener); }
    // Why there is none, as an errno.
    void could_not_open(ListenerId listener, int error) { unopened_ = {listener, error}; }
    [[nodiscard]] int why_not_open(ListenerId listener) const;
    // What was last ordered of one that is open, and seen in it.
    struct Seen {
        std::optional<bool> shown{}; // none: by a controller before
        std::uint32_t queued = 0;
        std::optional<std::uint32_t> file{}; // unix: that which bind(2) made
    };
    [[nodiscard]] Seen seen(ListenerId listener) const;
    void note_queued(ListenerId listener, std::uint32_t queued);
    void note_file(ListenerId listener, std::uint32_t file);
    void note_hidden(ListenerId listener) { note_shown(listener, false); }
    // `alone`: all others of its slot are hidden by that.
    enum class Alone { no, yes };
    void note_shown(ListenerId listener, Alone alone);

    // -1: there is none.
    [[nodiscard]] int fd(ListenerId listener) const;
    [[nodiscard]] std::size_t open_listeners(SlotId slot) const;
    [[nodiscard]] std::vector<ListenerId> listeners() const;

  private:
    Names names_;
    struct Open {
        UniqueFd fd;
        Seen seen;
    };
    void note_shown(ListenerId listener, bool shown);

    std::map<ListenerId, Open> listeners_;
    std::pair<ListenerId, int> unopened_; // the last one
};

} // namespace recycler::controller
