// SPDX-License-Identifier: MIT
#include "recycler/explain/known_slots.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/explain/lines/formats.hpp"

namespace recycler::explain {

namespace {

// Of what stands in a log, "127.0.0.1:7012", and of a path without "unix:".
std::optional<Endpoint> endpoint_of(std::string_view address) {
    return address.empty() ? std::nullopt : endpoint(address);
}

} // namespace

SlotIndex KnownSlots::add(const std::string& app, const std::string& name) {
    const auto [found, made] =
        by_name_.try_emplace({app, name}, static_cast<SlotIndex>(slots_.size()));
    if (made) {
        slots_.push_back({app, name, ""});
        by_short_name_.emplace(name, found->second);
    }
    return found->second;
}

void KnownSlots::set_address(SlotIndex slot, std::string_view address) {
    KnownSlot& known = slots_.at(slot);
    known.address = plain_address(address);
    known.endpoint = endpoint_of(address);
    if (known.endpoint) {
        by_common_name_.emplace(common_name(*known.endpoint), slot);
    }
}

void KnownSlots::name_server(const std::string& server, const std::string& address) {
    servers_[server] = address;
}

// The slot at that very address, before one that a connection to it may reach, too.
std::optional<SlotIndex> KnownSlots::find_address(std::string_view address) const {
    const auto meant = endpoint_of(address);
    if (!meant) {
        return std::nullopt;
    }
    const std::string name = common_name(*meant);
    std::optional<SlotIndex> found;
    const auto [first, last] = by_common_name_.equal_range(name);
    for (auto each = first; each != last; ++each) {
        const auto& known = slots_[each->second].endpoint;
        if (known == meant) {
            return each->second;
        }
        if (!found && known && may_reach(*meant, *known)) {
            found = each->second;
        }
    }
    const auto [from, to] = by_short_name_.equal_range(name);
    for (auto each = from; each != to && !found; ++each) {
        if (!slots_[each->second].endpoint) {
            found = each->second;
        }
    }
    return found;
}

std::optional<SlotIndex> KnownSlots::find_server(std::string_view server) const {
    if (const auto named = servers_.find(server); named != servers_.end()) {
        return find_address(named->second);
    }
    std::size_t digits = 0;
    while (digits < server.size() && text::is_digit(server[server.size() - 1 - digits])) {
        ++digits;
    }
    const auto found = by_short_name_.find(server.substr(server.size() - digits));
    return digits == 0 || found == by_short_name_.end() ? std::nullopt
                                                        : std::optional(found->second);
}

} // namespace recycler::explain
