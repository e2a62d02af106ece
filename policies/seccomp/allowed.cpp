// SPDX-License-Identifier: MIT
#include "policies/seccomp/allowed.hpp"

#include <algorithm>

namespace policies::seccomp {
namespace {

bool is_about(const Rule& rule, std::string_view call) {
    return std::ranges::any_of(rule.calls, [&](const Call& each) { return each.name == call; });
}

bool is_allowed(const Profile& profile, std::string_view call) {
    bool always = profile.otherwise.deed == Deed::allow;
    for (const Rule& rule : profile.rules) {
        if (!is_about(rule, call)) {
            continue;
        }
        if (rule.action.deed != Deed::allow) {
            return false;
        }
        always = always || rule.conditions.empty();
    }
    return always;
}

} // namespace

std::optional<std::string_view> first_not_allowed(const Profile& profile,
                                                  std::span<const std::string_view> calls) {
    const auto found = std::ranges::find_if(
        calls, [&](std::string_view call) { return !is_allowed(profile, call); });
    return found == calls.end() ? std::nullopt : std::optional(*found);
}

} // namespace policies::seccomp
