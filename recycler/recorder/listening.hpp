// SPDX-License-Identifier: MIT
// How a listener is waited for.
#pragma once

#include <fcntl.h>

namespace recycler::recorder {

inline bool is_nonblocking(int fd) {
    const int flags = fcntl(fd, F_GETFL);
    return flags != -1 && (flags & O_NONBLOCK) != 0;
}

} // namespace recycler::recorder
