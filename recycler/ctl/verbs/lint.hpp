// SPDX-License-Identifier: MIT
// recyclerctl lint: reads a balancer's configuration and tells what in it defeats recycling without
// loss. Needs no daemon.
#pragma once

#include "recycler/ctl/syntax.hpp"
#include "recycler/lint/kind.hpp"

#include <optional>
#include <string>
#include <vector>

namespace recycler::ctl {

struct Job;

struct Lint {
    std::vector<std::string> files;
    std::optional<lint::Kind> kind;
    std::string policy; // a file, the name of an app, or empty
};

Typed<Lint> typed_lint(Syntax& syntax);
// The exit code. 1: a finding loses requests or executes one twice, or a file cannot be read. 2: it
// is not clear whose configuration a file is.
int run_lint(const Job& job, const Lint& asked);

} // namespace recycler::ctl
