// SPDX-License-Identifier: MIT
// What the policy asks of this machine, with every name in it resolved: who the workers run as, who
// may give orders. Reads; opens and makes nothing.
#pragma once

#include "policies/policy.hpp"
#include "recycler/controller/accepted.hpp"
#include "recycler/controller/arguments.hpp"
#include "recycler/controller/cannot_start.hpp"
#include "recycler/controller/listen_spec.hpp"
#include "recycler/worker/spawn/account.hpp"
#include "recycler/worker/spawn/filter.hpp"

#include <optional>
#include <string>
#include <variant>

namespace recycler::controller {

struct Terms {
    policies::Policy policy;
    std::string text; // of the policy, as it was accepted
    worker::Account account;
    SocketOwner socket_owner;
    std::optional<std::uint32_t> control_group;
    worker::Filter filter; // of workers; empty: none
};

// `accepted`: by a controller before, whose texts these are; nullptr: the files are read.
std::variant<Terms, CannotStart> read_terms(const Arguments& arguments, const Accepted* accepted);

// Logs what in it is dangerous; for one that is about to be accepted.
void warn_of(const Terms& terms);

// As it is accepted when no controller before has.
Accepted accepted_now(const Terms& terms, WallTime now, const SlotTable& slots);

// Of the profile's file that it names; empty: it names none.
std::string profile_text(const policies::Policy& policy);

// Validates the policy and its profile alone and prints every fault: 0, or EX_CONFIG.
int check_policy(const Arguments& arguments);

} // namespace recycler::controller
