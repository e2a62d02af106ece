// SPDX-License-Identifier: MIT
#include "recycler/controller/policy/governing_policy.hpp"

#include "recycler/controller/start/deposit_keys.hpp"

namespace recycler::controller {

GoverningPolicy::GoverningPolicy(ResolvedPolicy resolved, WallTime loaded_at, Workers workers)
    : resolved_(std::move(resolved)), loaded_at_(loaded_at), workers_(workers) {
    resolved_.filter = {};
}

control::Rights GoverningPolicy::rights() const {
    return {.group = resolved_.control_group, .reader = resolved_.account.uid};
}

void GoverningPolicy::replace(ResolvedPolicy resolved, WallTime loaded_at) {
    resolved_ = std::move(resolved);
    resolved_.filter = {};
    loaded_at_ = loaded_at;
}

Result<void> GoverningPolicy::accept(Workers workers, const SlotTable::Names& names,
                                     keeper::Link& link) {
    workers_ = workers;
    const auto bytes = keep({.text = resolved_.text,
                             .profile = profile_text(resolved_.policy),
                             .loaded_at = loaded_at_,
                             .names = names,
                             .workers = workers});
    return bytes ? link.deposit(k_policy, bytes->get(), {}) : Result<void>(bytes.error());
}

} // namespace recycler::controller
