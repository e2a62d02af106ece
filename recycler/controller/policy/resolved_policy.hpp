// SPDX-License-Identifier: MIT
// What the policy asks of this machine, with every name in it resolved: who the workers run as, who
// may give orders. Reads; opens and makes nothing.
#pragma once

#include "policies/policy.hpp"
#include "recycler/controller/policy/listen_spec.hpp"
#include "recycler/controller/policy/policy_in_force.hpp"
#include "recycler/controller/start/arguments.hpp"
#include "recycler/controller/start/cannot_start.hpp"
#include "recycler/worker/spawn/account.hpp"
#include "recycler/worker/spawn/capabilities.hpp"
#include "recycler/worker/spawn/filter.hpp"

#include <optional>
#include <string>
#include <variant>

namespace recycler::controller {

struct ResolvedPolicy {
    policies::Policy policy;
    std::string text; // of the policy, as it was accepted
    worker::Account account;
    SocketOwner socket_owner;
    std::optional<std::uint32_t> control_group;
    worker::Filter filter; // of workers; empty: none
    // The call by which the profile keeps connections from resting, though the policy's text allows
    // it: `policy` says that none rests. Empty: there is none.
    std::string forbidden_to_rest = {};
};

// `in_force`: by a controller before, whose texts these are; nullptr: the files are read.
std::variant<ResolvedPolicy, CannotStart> resolve_policy(const Arguments& arguments,
                                                         const PolicyInForce* in_force);

// The keeper starts the workers, and is our parent. What the controller itself may do says nothing
// about them.
worker::Capabilities capabilities_of_keeper();

// Logs what in it is dangerous; for one that is about to be accepted.
void warn_of(const ResolvedPolicy& resolved);

// As it is accepted when no controller before has.
PolicyInForce in_force_now(const ResolvedPolicy& resolved, WallTime now, const SlotTable& slots);

// Of the profile's file that it names; empty: it names none.
std::string profile_text(const policies::Policy& policy);

// Validates the policy and its profile alone and prints every fault: 0, or EX_CONFIG.
int check_policy(const Arguments& arguments);

} // namespace recycler::controller
