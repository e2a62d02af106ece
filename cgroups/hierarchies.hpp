// SPDX-License-Identifier: MIT
// Where we stand: v1 or v2, and our own cgroup in each hierarchy that is needed. Looks only,
// changes nothing.
#pragma once

#include "cgroups/limits.hpp"
#include "recycler/base/result.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace cgroups {

// One hierarchy as this process sees it. v2 has one with all controllers, v1 one or more.
struct Hierarchy {
    std::string mount;                    // "/sys/fs/cgroup/memory"
    std::string base;                     // where our part begins, below the mount: "/a" or "/"
    std::vector<std::string> controllers; // those of memory, pids and cpu that it has

    // "/sys/fs/cgroup/memory/a/workers" for "workers".
    [[nodiscard]] std::string directory(const std::string& below) const;
    // "a/workers": as libcgroup wants it.
    [[nodiscard]] std::string relative(const std::string& below) const;
};

struct Surroundings {
    Version version = Version::v2;
    std::vector<Hierarchy> hierarchies; // the one with memory first
    std::vector<std::string> limitations;
};

// The name of the cgroup that keeper and controller move to on v2. Whoever finds itself in one
// takes the parent for its base, be it that we made it or systemd (DelegateSubgroup=supervisor).
inline constexpr const char* k_supervisor = "supervisor";

// Where a process stands in the hierarchy that has memory, as /proc/PID/cgroup tells it.
recycler::Result<std::string> cgroup_of(pid_t pid, Version version);

// Where we stand in each hierarchy that may limit our time on processors.
std::vector<Hierarchy> hierarchies_of_processors();

// The folders of our own cgroups, below which a tree is made; empty where none can be.
std::vector<std::string> own_folders();

// v2 if the memory controller is offered to our own v2 cgroup, else v1 if memory has a hierarchy,
// else a failure that says so.
recycler::Result<Surroundings> look_around();

} // namespace cgroups
