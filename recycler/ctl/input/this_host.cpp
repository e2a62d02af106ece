// SPDX-License-Identifier: MIT
#include "recycler/ctl/input/this_host.hpp"

#include <sys/sysinfo.h>

namespace recycler::ctl {

policies::Host this_host() {
    struct sysinfo info {};
    if (sysinfo(&info) != 0) {
        return {}; // the parser says where it would have to know
    }
    return {Bytes{std::uint64_t{info.totalram} * info.mem_unit}};
}

} // namespace recycler::ctl
