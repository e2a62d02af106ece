// SPDX-License-Identifier: MIT
// The slots of all apps, and which of them a balancer means: by address, by the name that HAProxy
// has for a server, or by a port where the address of a slot is not known.
#pragma once

#include "recycler/base/endpoint.hpp"
#include "recycler/explain/entry.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::explain {

using SlotIndex = std::uint32_t;

struct KnownSlot {
    std::string app;
    std::string name;                   // "7012", or the file name of a socket
    std::string address;                // "127.0.0.1:7012", "/run/shop/0.sock"; empty: not known
    std::optional<Endpoint> endpoint{}; // the same, as what it is
};

class KnownSlots {
  public:
    // The slot of that name; made if there is none.
    SlotIndex add(const std::string& app, const std::string& name);
    void set_address(SlotIndex slot, std::string_view address);
    // What a server of HAProxy's is, as its configuration says: "shop/w0", "127.0.0.1:7000".
    void name_server(const std::string& server, const std::string& address);

    // Whether its configuration names that server.
    [[nodiscard]] bool has_server(std::string_view server) const {
        return servers_.contains(server);
    }

    [[nodiscard]] const KnownSlot& at(SlotIndex slot) const { return slots_.at(slot); }
    [[nodiscard]] std::size_t size() const { return slots_.size(); }

    // The slot that a line means. Nullopt: it names none, or none of ours.
    [[nodiscard]] std::optional<SlotIndex> find(const Entry& entry) const {
        return entry.server.empty() ? find_address(entry.address) : find_server(entry.server);
    }
    // `address` as Entry has it. Nullopt: none of ours.
    [[nodiscard]] std::optional<SlotIndex> find_address(std::string_view address) const;
    // A server whose configuration is not known is taken for the slot whose name its own ends in.
    [[nodiscard]] std::optional<SlotIndex> find_server(std::string_view server) const;

  private:
    std::vector<KnownSlot> slots_;
    std::map<std::pair<std::string, std::string>, SlotIndex> by_name_; // of the app, the slot
    std::multimap<std::string, SlotIndex, std::less<>> by_short_name_;
    std::multimap<std::string, SlotIndex, std::less<>> by_common_name_; // of the addresses
    std::map<std::string, std::string, std::less<>> servers_;
};

} // namespace recycler::explain
