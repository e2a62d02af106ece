// SPDX-License-Identifier: MIT
// recyclerctl check: reads a policy file and shows all that is wrong with it. Needs no daemon.
#pragma once

#include "recycler/ctl/syntax.hpp"

#include <string>

namespace recycler::ctl {

struct Job;

struct Check {
    std::string file;
};

Typed<Check> typed_check(Syntax& syntax);
// The exit code.
int run_check(const Job& job, const Check& asked);

} // namespace recycler::ctl
