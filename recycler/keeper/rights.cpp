// SPDX-License-Identifier: MIT
#include "recycler/keeper/rights.hpp"

#include "recycler/keeper/protocol/sealed.hpp"
#include "recycler/keeper/system.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::keeper {
namespace {

using CapabilitySets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

constexpr unsigned k_beyond_all = 64;

struct Needs {
    std::uint64_t rights = k_keeper_rights;
    bool is_bounded = true;
};

// Root has what the bounding set holds, but under no_new_privs no more than who executes it.
std::uint64_t by_exec(const worker::PlanHeader& header) {
    const bool is_root = (header.flags & worker::k_plan_changes_user) == 0 || header.uid == 0;
    return is_root ? ~std::uint64_t{0} : 0;
}

// nullopt: a plan cannot be read now.
std::optional<Needs> needs_of(std::span<const PermitRecord> permits) {
    Needs needs;
    for (const PermitRecord& permit : permits) {
        const Mapped mapped{permit.plan.get(),
                            sealed_size(permit.plan.get(), worker::k_max_plan_size)};
        const auto plan = worker::PlanView::from(mapped.bytes());
        if (!plan) {
            return std::nullopt;
        }
        const worker::PlanHeader& header = plan->header();
        const bool is_bounded = (header.flags & worker::k_plan_bounds_capabilities) != 0;
        needs.is_bounded = needs.is_bounded && is_bounded;
        needs.rights |= is_bounded ? header.capabilities : by_exec(header);
        needs.rights |= header.nice < ::getpriority(PRIO_PROCESS, 0) ? rights_of(CAP_SYS_NICE) : 0;
    }
    return needs;
}

// What is lost to the bounding set, root would have by exec all the same if it were inheritable.
void narrow(__user_cap_data_struct& half, std::uint32_t kept, std::uint32_t lost) {
    half.effective &= kept;
    half.permitted &= kept;
    half.inheritable &= ~lost;
}

} // namespace

void Rights::keep_for(std::span<const PermitRecord> permits) {
    if (chosen_ || permits.empty() || ::geteuid() != 0) {
        return;
    }
    const std::optional<Needs> needs = needs_of(permits);
    __user_cap_header_struct form{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    CapabilitySets sets{};
    if (!needs || ::syscall(SYS_capget, &form, sets.data()) < 0) {
        return;
    }
    chosen_ = true;
    if (needs->is_bounded) {
        bound_to(needs->rights | k_controller_rights);
    }
    narrow(sets[0], static_cast<std::uint32_t>(needs->rights),
           static_cast<std::uint32_t>(given_up_));
    narrow(sets[1], static_cast<std::uint32_t>(needs->rights >> 32),
           static_cast<std::uint32_t>(given_up_ >> 32));
    if (::syscall(SYS_capset, &form, sets.data()) < 0) {
        say("cannot give up capabilities: %s", std::strerror(errno));
    }
}

void Rights::bound_to(std::uint64_t rights) {
    for (unsigned capability = 0; capability < k_beyond_all; ++capability) {
        const bool is_kept = (rights >> capability & 1) != 0;
        if (!is_kept && ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1 &&
            ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) {
            given_up_ |= rights_of(capability);
        }
    }
}

} // namespace recycler::keeper
