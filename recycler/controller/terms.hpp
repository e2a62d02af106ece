// What the policy asks of this machine, with every name in it resolved: who the workers run as, who
// may give orders. Reads; opens and makes nothing.
#pragma once

#include "policies/policy.hpp"
#include "recycler/controller/arguments.hpp"
#include "recycler/controller/cannot_start.hpp"
#include "recycler/worker/account.hpp"

#include <optional>
#include <string>
#include <variant>

namespace recycler::controller {

struct Terms {
    policies::Policy policy;
    std::string text; // of the policy, as it was accepted
    worker::Account account;
    std::optional<std::uint32_t> control_group;
};

// `accepted`: the text that a controller before has accepted; none: the file is read.
std::variant<Terms, CannotStart> read_terms(const Arguments& arguments,
                                            const std::optional<std::string>& accepted);

// Validates the policy alone and prints every fault: 0, or EX_CONFIG.
int check_policy(const Arguments& arguments);

} // namespace recycler::controller
