// SPDX-License-Identifier: MIT
// What `recyclerctl lint` has found in a balancer's configuration. Plain values; the member names
// are those of the JSON (json.hpp). Knows nothing of the rules.
#pragma once

#include <string>
#include <vector>

namespace recycler::control {

// Lines and columns count from 1.
struct LintFinding {
    std::string file;
    int line = 1;
    int column = 1;
    std::string rule;     // "one-backend" ...
    std::string severity; // "loses", "loses-when-closed", "executes-twice", "slows", "note"
    std::string sentence;
    std::string advice; // may be empty
    bool operator==(const LintFinding&) const = default;
};

// Why a file was not read.
struct LintFault {
    std::string file;
    int line = 1;
    int column = 1;
    std::string reason;
    bool operator==(const LintFault&) const = default;
};

struct Linted {
    std::vector<LintFinding> findings;
    std::vector<LintFault> faults;
    bool operator==(const Linted&) const = default;
};

} // namespace recycler::control
