// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/capabilities.hpp"

#include <array>
#include <cstdint>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::worker {

bool have_capability(int capability) {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0) {
        return false;
    }
    const auto number = static_cast<std::uint32_t>(capability);
    return (sets.at(CAP_TO_INDEX(number)).effective & CAP_TO_MASK(number)) != 0;
}

} // namespace recycler::worker
