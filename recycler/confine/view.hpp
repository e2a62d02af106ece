// SPDX-License-Identifier: MIT
// What a process of ours sees of the file system from some moment on: a mount namespace of its own
// in which it may write to a few folders only. Does not know why somebody needs a folder.
#pragma once

#include "recycler/base/result.hpp"

#include <string>
#include <vector>

namespace recycler::confine {

struct View {
    std::vector<std::string> writable; // folders, with all that is mounted in them
    std::vector<std::string> hidden;   // folders and sockets; none of them holds a writable one
    std::vector<std::string> devices;  // that may be opened
};

// For this process, for good. All but `writable` is read-only, what is `hidden` is empty and cannot
// be entered, no device is opened but `devices`, which a read-only disk would not be safe from, and
// /proc has no links to follow but those in the folder of this process: by
// /proc/PID/root and /proc/PID/fd it would leave its view. So /proc/self leads nowhere;
// /proc/mounts is there. What the system mounts or unmounts later is seen. A path that is not there
// is left out. Directories that are open stay in the view from before, and their ".." with them:
// open none. Needs CAP_SYS_ADMIN and Linux 5.14 (MOUNT_ATTR_NOSYMFOLLOW of mount_setattr(2)); an
// error (EPERM, ENOSYS, EINVAL) may leave the process in a namespace of its own that looks as
// before.
[[nodiscard]] Result<void> enter(const View& view);

} // namespace recycler::confine
