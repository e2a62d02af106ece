// SPDX-License-Identifier: MIT
// What a profile stops, in short: by the groups that a person thinks in, not by single rules.
#pragma once

#include "policies/seccomp/profile.hpp"

#include <string>
#include <vector>

namespace policies::seccomp {

// "kills", "answers EPERM", ...
std::string in_words(Action action);

struct OutlineLine {
    std::string group;   // "mounts and roots"; "others"
    std::string becomes; // what the profile does about it, in words
    std::vector<std::string> calls;
    bool operator==(const OutlineLine&) const = default;
};

struct Outline {
    std::size_t allowed = 0;      // calls, whatever their arguments
    std::size_t by_arguments = 0; // calls, with some arguments
    std::string otherwise;        // what becomes of calls that it does not name
    std::vector<OutlineLine> lines;
};

// The groups in their order, each with what becomes of its calls; then what else is not allowed.
Outline outline_of(const Profile& profile);

} // namespace policies::seccomp
