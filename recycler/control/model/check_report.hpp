// SPDX-License-Identifier: MIT
// What `check` found out about a policy, and its JSON.
#pragma once

#include "recycler/control/model/model.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace recycler::control {

// What the seccomp profile of a policy stops, in short.
struct ProfileSummary {
    struct Group {
        std::string group;
        std::string becomes;
        std::vector<std::string> calls;
    };
    std::string profile; // "the default profile", or its path
    std::uint64_t allowed = 0;
    std::uint64_t by_arguments = 0;
    std::string otherwise;
    std::vector<Group> groups;
    std::vector<std::string> notes;
};

struct CheckReport {
    std::vector<PolicyFault> faults;
    std::string faulty; // the profile that they are in; empty: the policy
    std::optional<ProfileSummary> seccomp;
    std::vector<std::string> warnings = {}; // sentences; the policy holds all the same
    std::string file = {};                  // the policy
};

// {"faults":[...],"seccomp":{...}|null,"warnings":[...],"file":"..."}
std::string to_json(const CheckReport& report);

} // namespace recycler::control
