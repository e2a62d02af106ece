// SPDX-License-Identifier: MIT
// What a reload has to do: the difference between two policies, by address and by key. Says what
// must follow (new slots, drained slots, recycled workers), never in which order: that is the
// decider's.
#pragma once

#include "policies/policy.hpp"

#include <string_view>
#include <vector>

namespace policies {

// Keys are full names ("app.command") that live as long as the program. Addresses keep the order of
// their policy.
struct Change {
    std::vector<Address> added = {};
    std::vector<Address> removed = {};
    std::vector<Address> kept = {};
    std::vector<std::string_view> of_workers = {};  // only a new worker can take these up
    std::vector<std::string_view> of_settings = {}; // take effect at once
    std::vector<std::string_view> of_daemon =
        {}; // only a new daemon can: the reload must be refused
    bool operator==(const Change&) const = default;

    // Nothing differs.
    [[nodiscard]] bool nothing() const;
    // The workers of kept addresses must be recycled, with the trigger "policy".
    [[nodiscard]] bool recycles() const { return !of_workers.empty(); }
    // Neither addresses nor workers are touched.
    [[nodiscard]] bool only_settings() const;
};

Change compare(const Policy& before, const Policy& after);

} // namespace policies
