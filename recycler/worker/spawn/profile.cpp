// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/profile.hpp"

#include "policies/capabilities.hpp"
#include "policies/seccomp/built_in.hpp"
#include "policies/seccomp/trial.hpp"
#include "recycler/worker/spawn/trusted_file.hpp"

namespace recycler::worker {

Result<void> read_profile_file(policies::Policy& policy) {
    policies::SeccompProfile* const named = policies::profile_of(policy.sandbox.seccomp);
    if (named == nullptr) {
        return {};
    }
    auto text =
        read_trusted(named->path, "the seccomp profile", policies::seccomp::k_longest_profile);
    if (!text) {
        return text.error();
    }
    named->text = std::move(*text);
    return {};
}

std::variant<std::optional<MadeProfile>, ProfileFaults>
make_profile(const policies::Policy& policy) {
    const policies::Seccomp& seccomp = policy.sandbox.seccomp;
    if (std::holds_alternative<policies::SeccompOff>(seccomp)) {
        return std::optional<MadeProfile>();
    }
    const policies::SeccompProfile* const named = policies::profile_of(seccomp);
    const std::string file = named == nullptr ? "the default profile" : named->path;
    const std::string text =
        named == nullptr ? std::string(policies::seccomp::built_in_profile()) : named->text;
    auto read =
        policies::seccomp::read_profile(text, this_machine(policies::capabilities_of(policy)));
    if (auto* faults = std::get_if<std::vector<policies::Fault>>(&read)) {
        return ProfileFaults{file, text, std::move(*faults)};
    }
    auto& profile = std::get<policies::seccomp::Profile>(read);
    if (std::holds_alternative<policies::SeccompLog>(seccomp)) {
        profile = policies::seccomp::on_trial(std::move(profile));
    }
    auto made = make_filter(profile);
    if (auto* faults = std::get_if<std::vector<policies::Fault>>(&made)) {
        return ProfileFaults{file, text, std::move(*faults)};
    }
    return std::optional(MadeProfile{std::move(profile), std::get<Filter>(std::move(made))});
}

} // namespace recycler::worker
