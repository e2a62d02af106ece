// SPDX-License-Identifier: MIT
#include "recycler/explain/known_slots.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/explain/lines/formats.hpp"

namespace recycler::explain {

namespace {

// "7012" of "127.0.0.1:7012", "0.sock" of "/run/shop/0.sock".
std::string_view short_name(std::string_view address) {
    return address.substr(address.find_last_of(address.starts_with('/') ? "/" : ":") + 1);
}

std::string_view host_of(std::string_view address) {
    return address.substr(0, address.rfind(':'));
}

bool is_wildcard(std::string_view host) {
    return host == "0.0.0.0" || host == "[::]" || host == "*" || host.empty();
}

bool is_here(std::string_view host) {
    return host == "localhost" || host == "[::1]" || host == "::1" || host.starts_with("127.");
}

// Whether a balancer that says `said` may mean the slot at `known`.
bool may_mean(std::string_view said, std::string_view known) {
    if (known.empty()) {
        return true;
    }
    if (said == known) {
        return true;
    }
    if (said.starts_with('/') || known.starts_with('/')) {
        return false;
    }
    const std::string_view host = host_of(known);
    return is_wildcard(host) || (is_here(host) && is_here(host_of(said)));
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
    slots_.at(slot).address = plain_address(address);
}

void KnownSlots::name_server(const std::string& server, const std::string& address) {
    servers_[server] = plain_address(address);
}

std::optional<SlotIndex> KnownSlots::find_address(std::string_view address) const {
    if (address.empty()) {
        return std::nullopt;
    }
    const auto [first, last] = by_short_name_.equal_range(short_name(address));
    for (auto each = first; each != last; ++each) {
        if (may_mean(address, slots_[each->second].address)) {
            return each->second;
        }
    }
    return std::nullopt;
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
