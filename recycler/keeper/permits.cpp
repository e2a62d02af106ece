// SPDX-License-Identifier: MIT
#include "recycler/keeper/permits.hpp"

#include "recycler/keeper/protocol/sealed.hpp"
#include "recycler/keeper/system.hpp"
#include "recycler/worker/spawn/plan_difference.hpp"

#include <cerrno>
#include <utility>

namespace recycler::keeper {
namespace {

// Far more than a policy and the profile that it names may have; nothing of it is read here.
constexpr std::size_t k_largest_policy = std::size_t{16} * 1024 * 1024;

} // namespace

void Permits::begin() {
    told_ = {};
}

int Permits::tell(PermitRecord permit) {
    const std::size_t size = sealed_size(permit.plan.get(), worker::k_max_plan_size);
    if (size == 0 || sealed_size(permit.policy.get(), k_largest_policy) == 0) {
        return EPERM;
    }
    const Mapped plan{permit.plan.get(), size};
    if (!worker::PlanView::from(plan.bytes())) {
        return EBADMSG;
    }
    if (told_.count == told_.permits.size()) {
        return ENOSPC;
    }
    told_.permits[told_.count++] = std::move(permit);
    return 0;
}

void Permits::close() {
    if (told_.count > 0) {
        held_ = std::exchange(told_, {});
    }
}

int Permits::keep(std::uint32_t number) {
    if (number >= held_.count) {
        return EINVAL;
    }
    Set kept{.count = 1};
    kept.permits[0] = std::move(held_.permits[number]);
    held_ = std::move(kept);
    return 0;
}

bool Permits::allow(const WireId& id, const worker::PlanView& plan) const {
    static OwnBytes<worker::k_max_plan_size> space;
    std::optional<worker::PlanDifference> first;
    for (const PermitRecord& permit : held()) {
        const auto permitted = worker::PlanView::from(sealed_bytes(permit.plan.get(), space.bytes));
        if (!permitted) {
            continue; // cannot be: tell() has read it as a plan
        }
        const auto found = worker::difference(plan, *permitted);
        if (!found) {
            return true;
        }
        first = first ? first : found;
    }
    if (first) {
        say("a worker (%u.%u) is not started: the %s of its plan is \"%s\" instead of \"%s\", "
            "which is not what the policy asks for; recyclerctl reload puts the policy's file into "
            "force",
            id.slot, id.generation, first->what, first->is.data(), first->permitted.data());
    } else {
        say("a worker (%u.%u) is not started: no plan is permitted; recyclerctl reload puts the "
            "policy's file into force",
            id.slot, id.generation);
    }
    return false;
}

} // namespace recycler::keeper
