// SPDX-License-Identifier: MIT
// The profile that `[sandbox] seccomp = "default"` names, as text: default.json of this folder,
// built in. A file of its own could be missing, or of another version than the program that reads
// it.
#pragma once

#include <string_view>

namespace policies::seccomp {

std::string_view built_in_profile();

} // namespace policies::seccomp
