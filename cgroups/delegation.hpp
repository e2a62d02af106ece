// SPDX-License-Identifier: MIT
// Making the app's own part of cgroupfs ready for workers: workers/ with its controllers, and on v2
// ourselves out of the way. It must not know workers.
#pragma once

#include "cgroups/hierarchies.hpp"
#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"

#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace cgroups {

// workers/ in each hierarchy, below its base, and the open directories, in the order of `around`.
// Hierarchies of lesser controllers in which nothing can be made are dropped, with a limitation.
struct Ground {
    Surroundings around;
    std::string below; // "workers", or v1: "recycler-shop/workers"
    std::vector<recycler::UniqueFd> directories;
};

// v2: makes supervisor/ and workers/, moves the pids into supervisor/ and enables controllers for
// the workers.
recycler::Result<Ground> prepare_v2(Surroundings around, std::span<const pid_t> supervisors);
// v1: makes recycler-<app>/workers. Nobody is moved: the limits stand below us.
recycler::Result<Ground> prepare_v1(Surroundings around, const std::string& app);

} // namespace cgroups
