// SPDX-License-Identifier: MIT
// Whether a spawn plan does what another one does, which was sealed by somebody who is trusted: the
// keeper starts no worker by any other. Knows no policy; allocates nothing, because the keeper
// stands on it.
#pragma once

#include "recycler/worker/spawn/plan_view.hpp"

#include <array>
#include <optional>

namespace recycler::worker {

// For a person: "uid", "0", "33". What stands in `is` and `permitted` is printable and may be cut;
// of the environment it is the names alone, because values may be secrets.
struct PlanDifference {
    using Text = std::array<char, 96>; // ends with 0
    const char* what = "";
    Text is{};
    Text permitted{};
};

// PURE. The first thing that `plan` does otherwise than `permit`; nullopt: nothing. All of a plan
// follows from the policy, and nothing may differ but what does not: `tracepoints`, which are
// counted by when a worker turns out to have no recorder inside. By them a child counts calls of
// its own, and that is all.
[[nodiscard]] std::optional<PlanDifference> difference(const PlanView& plan,
                                                       const PlanView& permit);

} // namespace recycler::worker
