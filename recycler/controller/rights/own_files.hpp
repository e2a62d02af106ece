// SPDX-License-Identifier: MIT
// Where the things of this daemon are that its controller writes to, or looks at again.
#pragma once

#include "recycler/controller/rights/needs.hpp"
#include "recycler/controller/start/arguments.hpp"

#include <string>

namespace recycler::controller {

struct OwnFilesOf {
    const Arguments& arguments;
    const std::string& runtime_folder; // of the app
    const std::string& recorder;       // its path; empty: none
    const policies::Policy* policy;
};

// Looks at the file system and at our cgroups; makes the folder of the report, which could not be
// kept writable else. What cannot be found is left out: whoever needs it says so.
[[nodiscard]] OwnFiles find_own_files(const OwnFilesOf& of);

} // namespace recycler::controller
