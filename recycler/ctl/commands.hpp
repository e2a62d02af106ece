// SPDX-License-Identifier: MIT
// Carries one command out: finds its app, asks the daemon, prints the answer, and gives the exit
// code. Nothing it does is undone when it is interrupted; it says so.
#pragma once

#include "recycler/ctl/arguments.hpp"
#include "recycler/ctl/input/app_choice.hpp"
#include "recycler/ctl/terminal.hpp"

#include <string>

namespace recycler::ctl {

struct Job {
    const Invocation& invocation;
    const Terminal& terminal;
    std::string typed; // the command line, for advice
};

// The exit code.
int carry_out(const Job& job);

} // namespace recycler::ctl
