// SPDX-License-Identifier: MIT
#include "recycler/controller/policy/permits.hpp"

#include "recycler/controller/workers/launching.hpp"
#include "recycler/worker/spawn/isolating.hpp"
#include "recycler/worker/spawn/plan.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace recycler::controller {

namespace {

bool are_of(const ResolvedPolicy& resolved, const PolicyInForce& in_force) {
    return resolved.text == in_force.text && profile_text(resolved.policy) == in_force.profile;
}

// What the next controller makes its plan from.
Result<UniqueFd> sealed_policy(const ResolvedPolicy& resolved) {
    const std::string text =
        to_bytes({.text = resolved.text, .profile = profile_text(resolved.policy), .names = {}});
    const auto bytes = std::as_bytes(std::span(text));
    return worker::seal_into_memfd({bytes.begin(), bytes.end()}, "recycler-permit");
}

} // namespace

void Permits::read(const Arguments& arguments, const keeper::Greeting& greeting) {
    isolation_ = worker::try_isolation();
    isolation_.keeper_knows = greeting.newest_plan >= worker::k_plan_version;
    wanted_ = greeting.wants_permits;
    if (!wanted_) {
        return;
    }
    auto read = resolve_policy(arguments, nullptr);
    auto* file = std::get_if<ResolvedPolicy>(&read);
    if (file == nullptr) {
        fault_ = std::get<CannotStart>(std::move(read));
    }
    for (const UniqueFd& policy : greeting.policies) {
        const auto before = read_policy_in_force(policy.get());
        if (!before) {
            continue; // of a version after ours
        }
        if (file != nullptr && are_of(*file, *before)) { // accounts are not looked up twice
            permits_.push_back(
                {.resolved = std::move(*std::exchange(file, nullptr)), .of_file = true});
            continue;
        }
        auto resolved = resolve_policy(arguments, &*before);
        if (std::holds_alternative<ResolvedPolicy>(
                resolved)) { // else its user has no account any more
            permits_.push_back({.resolved = std::get<ResolvedPolicy>(std::move(resolved))});
        }
    }
    if (file != nullptr) {
        if (permits_.size() >= keeper::k_max_permits) {
            permits_.erase(permits_.begin() + 1); // the first was taken up; this one never was
        }
        permits_.push_back({.resolved = std::move(*file), .of_file = true});
    }
}

const std::string* Permits::app() const {
    return permits_.empty() ? nullptr : &permits_.front().resolved.policy.app.name;
}

Result<void> Permits::tell(keeper::Link& link, const std::string& folder) {
    for (Permit& permit : permits_) {
        permit.recorder = find_recorder(permit.resolved.account, folder);
        if (auto plan = Launching::plan_for(permit.resolved, permit.recorder->path, isolation_)) {
            permit.plan = std::move(*plan);
        }
    }
    // What is too large for a plan is refused when it is to be taken up.
    std::erase_if(permits_, [](const Permit& permit) { return permit.plan.empty(); });
    for (const Permit& permit : permits_) {
        auto plan = worker::seal_into_memfd(permit.plan);
        auto policy = sealed_policy(permit.resolved);
        if (!plan || !policy) {
            return plan ? std::move(policy).error() : std::move(plan).error();
        }
        if (auto told = link.permit(plan->get(), policy->get()); !told) {
            return told;
        }
    }
    return {};
}

std::variant<Permit, CannotStart> Permits::take(const PolicyInForce* in_force,
                                                const Arguments& arguments) {
    const auto found = std::ranges::find_if(permits_, [in_force](const Permit& permit) {
        return in_force == nullptr ? permit.of_file : are_of(permit.resolved, *in_force);
    });
    if (found != permits_.end()) {
        found->is_taken = true;
        return Permit{.resolved = std::move(found->resolved),
                      .recorder = std::move(found->recorder)};
    }
    auto read = resolve_policy(arguments, in_force);
    if (auto* cannot = std::get_if<CannotStart>(&read)) {
        return std::move(*cannot);
    }
    auto& resolved = std::get<ResolvedPolicy>(read);
    if (const std::string* const told = app();
        told != nullptr && *told != resolved.policy.app.name) {
        return CannotStart{EX_CONFIG,
                           "the policy in force is that of the app " + resolved.policy.app.name +
                               ", and the one that was started is " + *told + ": restart the app"};
    }
    return Permit{.resolved = std::move(resolved)};
}

std::vector<const policies::Policy*> Permits::others() const {
    std::vector<const policies::Policy*> found;
    for (const Permit& permit : permits_) {
        if (!permit.is_taken) {
            found.push_back(&permit.resolved.policy);
        }
    }
    return found;
}

bool Permits::lack_taken() const {
    return wanted_ && std::ranges::none_of(permits_, &Permit::is_taken);
}

bool Permits::allow(const std::vector<std::byte>& plan) const {
    return !wanted_ || std::ranges::find(permits_, plan, &Permit::plan) != permits_.end();
}

Result<void> Permits::keep(const std::vector<std::byte>& plan, keeper::Link& link) {
    const auto kept = std::ranges::find(permits_, plan, &Permit::plan);
    if (kept == permits_.end() || permits_.size() == 1) {
        return {};
    }
    const auto number = static_cast<std::uint32_t>(kept - permits_.begin());
    permits_ = {std::move(*kept)};
    return link.keep_permit(number);
}

} // namespace recycler::controller
