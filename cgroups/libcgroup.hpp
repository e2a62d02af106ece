// SPDX-License-Identifier: MIT
// The part of libcgroup that serves us, and its only home: finding where a controller is mounted,
// making groups on v1, setting values on both. It is not used
//   for making groups on v2: it would write subtree_control of every ancestor, which belongs to
//   systemd there; for our own path: cgroup_get_current_controller_path fails on v2 (2.0.2); for
//   attaching: by pid it waits about 10 ms for a global lock of the kernel, a child's own "0" takes
//   0.03 ms; for removing: on v1 it would move live processes into the parent;
// and it has no calls for events, killing, peaks or sampling with kept descriptors.
#pragma once

#include "cgroups/settings.hpp"
#include "recycler/base/result.hpp"

#include <span>
#include <string>

namespace cgroups::libcgroup {

using recycler::Result;

// Reads the table of mounts. The library keeps it, and its errors, in variables of its own: one
// thread may use it.
Result<void> start();

// "/sys/fs/cgroup/memory". ENOENT: not mounted.
Result<std::string> mount_point(const std::string& controller);

// Makes `path` (below the mount, no leading slash) and what is missing above it, in the hierarchies
// of the v1 `controllers`. A group that exists already is no error.
Result<void> make_group(const std::string& path, std::span<const std::string> controllers);

// One value at a time, because the library does not tell which of several failed.
Result<void> set_value(const std::string& path, const Setting& setting);

} // namespace cgroups::libcgroup
