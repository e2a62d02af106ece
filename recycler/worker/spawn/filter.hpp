// SPDX-License-Identifier: MIT
// From a seccomp profile to the program that the kernel runs before each system call of a worker.
// The home of libseccomp, beside syscall_name.hpp. Loads nothing: a worker's child does.
#pragma once

#include "policies/parse.hpp"
#include "policies/seccomp/profile.hpp"
#include "policies/seccomp/read.hpp"
#include "recycler/worker/spawn/plan_view.hpp"

#include <string>
#include <variant>
#include <vector>

namespace recycler::worker {

struct Filter {
    std::vector<PlanFilter> program;
    std::uint32_t flags = 0;          // of seccomp(2)
    std::vector<std::string> unknown; // calls that libseccomp has no number for: left out
};

// This machine, as the rules of a profile may ask for it. `capabilities`: what workers may have.
[[nodiscard]] policies::seccomp::Machine this_machine(const std::vector<std::string>& capabilities);

// Faults: what libseccomp refuses, and calls that the profile forbids and nobody here knows the
// number of, so that they would run.
[[nodiscard]] std::variant<Filter, std::vector<policies::Fault>>
make_filter(const policies::seccomp::Profile& profile);

} // namespace recycler::worker
