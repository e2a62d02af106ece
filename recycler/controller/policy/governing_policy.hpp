// SPDX-License-Identifier: MIT
// The policy that governs now, with all names in it resolved, and its copy with the keeper, by
// which a controller after us goes on. PolicyChange alone replaces it; all others read.
#pragma once

#include "recycler/control/server.hpp"
#include "recycler/controller/policy/policy_in_force.hpp"
#include "recycler/controller/policy/resolved_policy.hpp"
#include "recycler/keeper/protocol/link.hpp"

namespace recycler::controller {

class GoverningPolicy {
  public:
    GoverningPolicy(ResolvedPolicy resolved, WallTime loaded_at, Workers workers);

    // References to these stay valid when it is replaced.
    [[nodiscard]] const policies::Policy& policy() const { return resolved_.policy; }
    [[nodiscard]] const worker::Account& account() const { return resolved_.account; }
    [[nodiscard]] const SocketOwner& socket_owner() const { return resolved_.socket_owner; }
    [[nodiscard]] const std::string& forbidden_to_rest() const {
        return resolved_.forbidden_to_rest;
    }

    [[nodiscard]] control::Rights rights() const; // on the control socket
    [[nodiscard]] WallTime loaded_at() const { return loaded_at_; }
    [[nodiscard]] Workers workers() const { return workers_; }

    void replace(ResolvedPolicy resolved, WallTime loaded_at);
    // Until then a controller that comes after us goes on by what was accepted before. `names`: of
    // the slots.
    [[nodiscard]] Result<void> accept(Workers workers, const SlotTable::Names& names,
                                      keeper::Link& link);

  private:
    ResolvedPolicy resolved_; // without the filter: the plan of the workers holds it
    WallTime loaded_at_;
    Workers workers_;
};

} // namespace recycler::controller
