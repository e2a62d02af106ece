// recyclerctl check: reads a policy file and shows all that is wrong with it. Needs no daemon.
#pragma once

#include "recycler/ctl/commands.hpp"

#include <string>

namespace recycler::ctl {

// The exit code: 0, or 1 when there is a fault or the file cannot be read.
int check_policy(const std::string& file, const Job& job);

} // namespace recycler::ctl
