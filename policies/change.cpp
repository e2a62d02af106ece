// SPDX-License-Identifier: MIT
#include "policies/change.hpp"

#include "policies/keys.hpp"

#include <algorithm>

namespace policies {
namespace {

bool contains(const std::vector<Address>& addresses, const Address& address) {
    return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

} // namespace

bool Change::nothing() const {
    return *this == Change{.kept = kept};
}

bool Change::only_settings() const {
    return !of_settings.empty() && *this == Change{.kept = kept, .of_settings = of_settings};
}

Change compare(const Policy& before, const Policy& after) {
    Change change;
    for (const Address& address : after.app.listen) {
        auto& place = contains(before.app.listen, address) ? change.kept : change.added;
        place.push_back(address);
    }
    for (const Address& address : before.app.listen) {
        if (!contains(after.app.listen, address)) {
            change.removed.push_back(address);
        }
    }
    for (const Key& key : keys()) {
        if (key.same(before, after)) {
            continue;
        }
        switch (key.effect) {
        case Effect::addresses: // told by address above
            break;
        case Effect::workers:
            change.of_workers.push_back(key.name);
            break;
        case Effect::settings:
            change.of_settings.push_back(key.name);
            break;
        case Effect::daemon:
            change.of_daemon.push_back(key.name);
            break;
        }
    }
    return change;
}

} // namespace policies
