// SPDX-License-Identifier: MIT
// Which files a process of ours may open from some moment on, and those only to read: Landlock,
// which holds for root too.
#pragma once

#include "recycler/base/result.hpp"

#include <string>
#include <vector>

namespace recycler::confine {

// For this thread, and all that it starts, for good: nothing is opened any more but these files,
// and what is in these folders; what is open stays so. One that is not there is left out. Needs
// no_new_privs or CAP_SYS_ADMIN. ENOSYS and EOPNOTSUPP: the kernel has no Landlock (before Linux
// 5.13), or it is switched off.
[[nodiscard]] Result<void> open_only_to_read(const std::vector<std::string>& paths);

} // namespace recycler::confine
