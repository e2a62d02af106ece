// SPDX-License-Identifier: MIT
// What [sandbox] seccomp of a policy means for workers: the profile it names, read and made a
// filter of.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/result.hpp"
#include "recycler/worker/spawn/filter.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace recycler::worker {

// Puts the text of the profile's file, where the policy names one, beside its path. At most one
// byte more than a profile may have: whoever parses it says that it is too long.
[[nodiscard]] Result<void> read_profile_file(policies::Policy& policy);

struct MadeProfile {
    policies::seccomp::Profile profile; // as it is carried out: log mode has nothing forbidden
    Filter filter;
};
struct ProfileFaults {
    std::string file; // what to call it
    std::string text;
    std::vector<policies::Fault> faults;
};
// nullopt: seccomp is "off". The text of a file must have been read.
[[nodiscard]] std::variant<std::optional<MadeProfile>, ProfileFaults>
make_profile(const policies::Policy& policy);

} // namespace recycler::worker
