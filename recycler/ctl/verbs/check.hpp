// SPDX-License-Identifier: MIT
// recyclerctl check: reads a policy file and shows all that is wrong with it. Needs no daemon.
#pragma once

#include "policies/parse.hpp"
#include "recycler/ctl/commands.hpp"

#include <string>

namespace recycler::ctl {

// What a policy is read against. RAM is 0 where the machine does not tell it.
policies::Host this_host();

// The exit code: 0, or 1 when there is a fault or the file cannot be read.
int check_policy(const std::string& file, const Job& job);

} // namespace recycler::ctl
