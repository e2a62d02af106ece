// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/child_rights.hpp"

#include <array>
#include <cerrno>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::worker {

static_assert(sizeof(PlanFilter) == sizeof(sock_filter));
static_assert(sizeof(gid_t) == sizeof(std::uint32_t));

namespace {

constexpr unsigned k_beyond_all_capabilities = 64;

bool may_have(const PlanHeader& header, unsigned capability) {
    return (header.capabilities >> capability & 1) != 0;
}

bool bounds_capabilities(const PlanHeader& header) {
    return (header.flags & k_plan_bounds_capabilities) != 0;
}

} // namespace

int result_of(long answer) {
    return answer < 0 ? errno : 0;
}

int drop_capabilities(const PlanHeader& header) {
    if (!bounds_capabilities(header)) {
        return 0;
    }
    for (unsigned capability = 0; capability < k_beyond_all_capabilities; ++capability) {
        if (!may_have(header, capability) && ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) {
            if (errno != EINVAL) { // beyond the kernel's last one
                return errno;
            }
            break;
        }
    }
    // The change of user would take all of them.
    return header.capabilities == 0 ? 0 : result_of(::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
}

int change_user(const PlanView& plan) {
    // Capabilities that a unit gave to the daemon itself (AmbientCapabilities=) would live through
    // exec. Kernels before 4.3 say EINVAL and have none.
    (void)::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    const PlanHeader& header = plan.header();
    if ((header.flags & k_plan_changes_user) == 0) {
        return 0;
    }
    if (::setgroups(header.groups.count, static_cast<const gid_t*>(plan.groups())) < 0 ||
        ::setresgid(header.gid, header.gid, header.gid) < 0 ||
        ::setresuid(header.uid, header.uid, header.uid) < 0) {
        return errno;
    }
    return 0;
}

int keep_capabilities(const PlanHeader& header) {
    if (!bounds_capabilities(header) || header.capabilities == 0 || header.uid == 0) {
        return 0;
    }
    __user_cap_header_struct form{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    for (unsigned half = 0; half < sets.size(); ++half) {
        const auto kept = static_cast<std::uint32_t>(header.capabilities >> (32 * half));
        sets[half] = {.effective = kept, .permitted = kept, .inheritable = kept};
    }
    if (::syscall(SYS_capset, &form, sets.data()) < 0) {
        return errno;
    }
    for (unsigned capability = 0; capability < k_beyond_all_capabilities; ++capability) {
        if (may_have(header, capability) &&
            ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) {
            return errno;
        }
    }
    return 0;
}

bool gives_up_privileges(const PlanView& plan) {
    return (plan.header().flags & k_plan_no_new_privs) != 0;
}

int install_filter(const PlanView& plan) {
    const PlanHeader& header = plan.header();
    if (header.filter.count == 0) {
        return 0;
    }
    const sock_fprog program{
        .len = static_cast<unsigned short>(header.filter.count),
        .filter = const_cast<sock_filter*>(static_cast<const sock_filter*>(plan.filter())),
    };
    return result_of(
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, header.filter_flags, &program));
}

int give_up_privileges(const PlanView& plan) {
    return gives_up_privileges(plan) ? result_of(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) : 0;
}

} // namespace recycler::worker
