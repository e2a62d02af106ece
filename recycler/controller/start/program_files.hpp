// SPDX-License-Identifier: MIT
// The files that belong to the program: found beside it in a build tree, or where they are
// installed.
#pragma once

#include "recycler/worker/spawn/account.hpp"

#include <string>

namespace recycler::controller {

// The recorder to preload, as a path that `account` can reach; empty: none, and `why_not` says so.
// One that stands below a folder closed to the worker's user is copied first, to `runtime_folder`
// or /var/lib/recycler: where nobody but root and we may write, and programs may be loaded from.
struct Recorder {
    std::string path;
    std::string why_not;
};
Recorder find_recorder(const worker::Account& account, const std::string& runtime_folder);

} // namespace recycler::controller
