// SPDX-License-Identifier: MIT
// Where descriptors of the recorder's own stand: programs expect low numbers for what they open,
// and select() knows those below 1024 alone.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>

namespace recycler::recorder {

// Close-on-exec. -1, with errno: there is no room.
inline int copy_out_of_the_way(int fd) {
    constexpr rlim_t k_highest_floor = 768;
    rlimit limit{};
    const bool known = getrlimit(RLIMIT_NOFILE, &limit) == 0;
    rlim_t floor = known ? limit.rlim_cur / 4 * 3 : 0;
    floor = floor < k_highest_floor ? floor : k_highest_floor;
    return fcntl(fd, F_DUPFD_CLOEXEC, static_cast<int>(floor));
}

} // namespace recycler::recorder
