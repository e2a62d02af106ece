// SPDX-License-Identifier: MIT
// recyclerctl explain: joins a balancer's log to what happened to the workers. Needs no daemon.
#pragma once

#include "recycler/ctl/input/since.hpp"
#include "recycler/ctl/syntax.hpp"

#include <optional>
#include <string>
#include <vector>

namespace recycler::ctl {

struct Job;

enum class Lines { counted, shown };
struct Explain {
    std::vector<std::string> files;  // "-": standard input
    std::vector<std::string> events; // none: what this machine's daemons have kept
    std::string zone;                // empty: this machine's
    std::optional<Since> since, until;
    std::optional<Duration> offset; // how far the balancer's clock is ahead
    std::string haproxy;            // its configuration; empty: where it usually is
    Lines lines = Lines::counted;
};

Typed<Explain> typed_explain(Syntax& syntax);
// The exit code. 1: a file cannot be read whole, or nobody reads the answer.
int run_explain(const Job& job, const Explain& asked);

} // namespace recycler::ctl
