// SPDX-License-Identifier: MIT
// What a policy is read against on this machine.
#pragma once

#include "policies/parse.hpp"

namespace recycler::ctl {

// RAM is 0 where the machine does not tell it.
policies::Host this_host();

} // namespace recycler::ctl
