// SPDX-License-Identifier: MIT
// What has been accepted of a policy, in a memfd that the keeper keeps: its text and that of the
// profile it names, so that a controller started later decides by the same policy whatever stands
// in the file by then; which slot has which number; and whether the workers have been told of a
// change. One memfd, so that a change is accepted in one step, or not at all.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/base/units.hpp"
#include "recycler/controller/workers/slot_table.hpp"

#include <string>
#include <string_view>

namespace recycler::controller {

// `outdated`: workers of the policy before are still to be recycled, and the decider's ledger may
// not say so yet.
enum class Workers { up_to_date, outdated };

struct PolicyInForce {
    std::string text;
    std::string profile = {}; // the text of its seccomp profile's file; empty: it names none
    WallTime loaded_at;
    SlotTable::Names names;
    Workers workers = Workers::up_to_date;
    bool operator==(const PolicyInForce&) const = default;
};

[[nodiscard]] std::string to_bytes(const PolicyInForce& in_force);
// EBADMSG: not what to_bytes() writes.
[[nodiscard]] Result<PolicyInForce> policy_in_force_from(std::string_view bytes);

// The memfd to deposit.
[[nodiscard]] Result<UniqueFd> keep(const PolicyInForce& in_force);
[[nodiscard]] Result<PolicyInForce> read_policy_in_force(int fd);

} // namespace recycler::controller
