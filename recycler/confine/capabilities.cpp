// SPDX-License-Identifier: MIT
#include "recycler/confine/capabilities.hpp"

#include <array>
#include <cerrno>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::confine {

namespace {

constexpr int k_beyond_all = 64;

using Sets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

__user_cap_header_struct own_header() {
    return {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
}

// While it still may: without CAP_SETPCAP (EPERM) the set stays as it is, and no_new_privs keeps
// programs from getting anything out of it.
Result<void> bound(Capabilities wanted) {
    for (int number = 0; number < k_beyond_all; ++number) {
        if ((wanted & capability(number)) != 0 || ::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0) {
            continue;
        }
        if (errno == EINVAL || errno == EPERM) { // EINVAL: beyond the kernel's last one
            break;
        }
        return Error{errno, "drop capability " + std::to_string(number) + " for good"};
    }
    return {};
}

} // namespace

Capabilities capabilities_in_effect() {
    auto header = own_header();
    Sets sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0) {
        return 0;
    }
    return Capabilities{sets[1].effective} << 32 | sets[0].effective;
}

Result<void> keep_capabilities(Capabilities wanted) {
    wanted &= capabilities_in_effect();
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        return Error{errno, "set no_new_privs"};
    }
    if (auto bounded = bound(wanted); !bounded) {
        return bounded;
    }
    // Kernels before 4.3 say EINVAL and have none.
    (void)::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    auto header = own_header();
    Sets sets{};
    const auto low = static_cast<std::uint32_t>(wanted);
    const auto high = static_cast<std::uint32_t>(wanted >> 32);
    sets[0] = {.effective = low, .permitted = low, .inheritable = 0};
    sets[1] = {.effective = high, .permitted = high, .inheritable = 0};
    if (::syscall(SYS_capset, &header, sets.data()) < 0) {
        return Error{errno, "give up capabilities"};
    }
    return {};
}

} // namespace recycler::confine
