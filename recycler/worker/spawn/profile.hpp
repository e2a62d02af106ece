// SPDX-License-Identifier: MIT
// What [sandbox] seccomp of a policy means for workers: the profile it names, read and made a
// filter of.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/result.hpp"
#include "recycler/worker/spawn/filter.hpp"

#include <optional>
#include <string>
#include <string_view>
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

// The call that keeps connections from resting in workers with this profile: the recorder makes it
// for them alone, and the profile does not let it through. nullopt: they may rest.
[[nodiscard]] std::optional<std::string_view>
call_that_resting_lacks(const policies::seccomp::Profile& profile);

// Sets app.keep_connections to "off" if there is such a call: a worker would die of it, or not know
// what it waits for. The call; empty: nothing is changed.
[[nodiscard]] std::string keep_no_connections_under(const policies::seccomp::Profile& profile,
                                                    policies::App& app);

} // namespace recycler::worker
