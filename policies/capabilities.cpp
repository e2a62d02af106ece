// SPDX-License-Identifier: MIT
#include "policies/capabilities.hpp"

#include <algorithm>

namespace policies {

std::vector<std::string> capabilities_of(const Policy& policy) {
    if (policy.sandbox.capabilities) {
        return *policy.sandbox.capabilities;
    }
    return policy.app.user == "root"
               ? std::vector<std::string>(k_capabilities.begin(), k_capabilities.end())
               : std::vector<std::string>();
}

std::uint64_t bits_of(const std::vector<std::string>& capabilities) {
    std::uint64_t bits = 0;
    for (std::size_t number = 0; number < k_capabilities.size(); ++number) {
        const bool listed =
            std::ranges::find(capabilities, k_capabilities.at(number)) != capabilities.end();
        bits |= listed ? std::uint64_t{1} << number : 0;
    }
    return bits;
}

} // namespace policies
