// SPDX-License-Identifier: MIT
#include "recycler/controller/permits.hpp"

#include "recycler/controller/launching.hpp"
#include "recycler/worker/spawn/plan.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace recycler::controller {

namespace {

bool are_of(const Terms& terms, const Accepted& accepted) {
    return terms.text == accepted.text && profile_text(terms.policy) == accepted.profile;
}

// What the next controller makes its plan from.
Result<UniqueFd> sealed_policy(const Terms& terms) {
    const std::string text =
        to_bytes({.text = terms.text, .profile = profile_text(terms.policy), .names = {}});
    const auto bytes = std::as_bytes(std::span(text));
    return worker::seal_into_memfd({bytes.begin(), bytes.end()}, "recycler-permit");
}

} // namespace

void Permits::read(const Arguments& arguments, const keeper::Greeting& greeting) {
    wanted_ = greeting.wants_permits;
    if (!wanted_) {
        return;
    }
    auto read = read_terms(arguments, nullptr);
    auto* file = std::get_if<Terms>(&read);
    if (file == nullptr) {
        fault_ = std::get<CannotStart>(std::move(read));
    }
    for (const UniqueFd& policy : greeting.policies) {
        const auto before = read_accepted(policy.get());
        if (!before) {
            continue; // of a version after ours
        }
        if (file != nullptr && are_of(*file, *before)) { // accounts are not looked up twice
            permits_.push_back(
                {.terms = std::move(*std::exchange(file, nullptr)), .of_file = true});
            continue;
        }
        auto terms = read_terms(arguments, &*before);
        if (std::holds_alternative<Terms>(terms)) { // else its user has no account any more
            permits_.push_back({.terms = std::get<Terms>(std::move(terms))});
        }
    }
    if (file != nullptr) {
        if (permits_.size() >= keeper::k_max_permits) {
            permits_.erase(permits_.begin() + 1); // the first was taken up; this one never was
        }
        permits_.push_back({.terms = std::move(*file), .of_file = true});
    }
}

const std::string* Permits::app() const {
    return permits_.empty() ? nullptr : &permits_.front().terms.policy.app.name;
}

Result<void> Permits::tell(keeper::Link& link, const std::string& folder) {
    for (Permit& permit : permits_) {
        permit.recorder = find_recorder(permit.terms.account, folder);
        if (auto plan = Launching::plan_for(permit.terms, permit.recorder->path)) {
            permit.plan = std::move(*plan);
        }
    }
    // What is too large for a plan is refused when it is to be taken up.
    std::erase_if(permits_, [](const Permit& permit) { return permit.plan.empty(); });
    for (const Permit& permit : permits_) {
        auto plan = worker::seal_into_memfd(permit.plan);
        auto policy = sealed_policy(permit.terms);
        if (!plan || !policy) {
            return plan ? std::move(policy).error() : std::move(plan).error();
        }
        if (auto told = link.permit(plan->get(), policy->get()); !told) {
            return told;
        }
    }
    return {};
}

std::variant<Permit, CannotStart> Permits::take(const Accepted* accepted,
                                                const Arguments& arguments) {
    const auto found = std::ranges::find_if(permits_, [accepted](const Permit& permit) {
        return accepted == nullptr ? permit.of_file : are_of(permit.terms, *accepted);
    });
    if (found != permits_.end()) {
        return Permit{.terms = std::move(found->terms), .recorder = std::move(found->recorder)};
    }
    auto read = read_terms(arguments, accepted);
    if (auto* cannot = std::get_if<CannotStart>(&read)) {
        return std::move(*cannot);
    }
    return Permit{.terms = std::get<Terms>(std::move(read))};
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
