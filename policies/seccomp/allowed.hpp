// SPDX-License-Identifier: MIT
// Whether a profile lets calls through, whatever their arguments. Knows no numbers of calls.
#pragma once

#include "policies/seccomp/profile.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace policies::seccomp {

// The first of the calls that the profile may stop or tell of, if only with some arguments.
// nullopt: it lets all of them through.
[[nodiscard]] std::optional<std::string_view>
first_not_allowed(const Profile& profile, std::span<const std::string_view> calls);

} // namespace policies::seccomp
