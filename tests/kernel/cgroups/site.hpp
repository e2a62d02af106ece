// SPDX-License-Identifier: MIT
// The tree that each test has for itself, and words to judge what it reads.
#pragma once

#include "cgroups/tree.hpp"

#include <string>

// A tree as `app` would open it. On v2 the whole program moves to supervisor/ with the first one.
cgroups::Result<cgroups::Tree> open_tree(const std::string& app = "kernel-test");

// A tree with nothing in it, gone again when the test ends.
struct Site {
    cgroups::Tree tree;
    Site();
    ~Site();
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;
    // Fails the test if it cannot be had.
    cgroups::Group group(const std::string& name, const cgroups::Limits& limits);
};

// The kernel charges in batches of up to 64 pages for each CPU, and page tables and stacks count
// too.
inline constexpr cgroups::Bytes k_slack{4 << 20};
bool is_about(cgroups::Bytes value, cgroups::Bytes expected);

cgroups::Usage usage_of(cgroups::Group& group);

// Whether the eventfd has been signalled; reads it.
bool rang(const cgroups::UniqueFd& event);
