// SPDX-License-Identifier: MIT
// Reads a file that says what the daemon does, if nobody else could have written it: trust.hpp.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/result.hpp"
#include "recycler/worker/spawn/trust.hpp"

#include <cstddef>

namespace recycler::worker {

// Of this very process: its user, and SUDO_UID of its environment.
[[nodiscard]] Trust trust_here();

// The text of `path`, at most one byte more than `longest`: whoever parses it says that it is too
// long. `what` is what to call it: "the policy". An error also where it is not a regular file, at
// once, and where somebody else could change it or put another one in its place.
[[nodiscard]] Result<std::string> read_trusted(const std::string& path, const std::string& what,
                                               std::size_t longest);

// Whether root may obey the policy `policy`, which was read from `path`, and the profile that it
// names: the user of `app`, who may have had root start this by sudo, can change neither. `app` is
// the policy's own, or that which runs when another policy is to replace its. Always so for others
// than root, and where the workers run as root; a user that is not known is found by others.
[[nodiscard]] Result<void> trust_inputs(const policies::Policy& policy, const std::string& path,
                                        const policies::App& app);

// Whether root may write the report file `path` of workers that run as `worker`: nobody else can
// change it, or a folder on the way, as far as they are there. Always so for others than root.
[[nodiscard]] Result<void> trust_report(const std::string& path, uid_t worker);
// The same of the file that the policy names itself, before anybody's account is looked for.
[[nodiscard]] Result<void> trust_report_of(const policies::Policy& policy);

// Whether a folder of ours, in which others look for our sockets, is ours alone, as far as it is
// there.
[[nodiscard]] Result<void> trust_folder(const std::string& path);

} // namespace recycler::worker
