// SPDX-License-Identifier: MIT
// The characters of a policy file, before anything reads meaning into them. Stands guard for
// toml++, which trusts more than it checks.
#pragma once

#include "policies/parse.hpp"

#include <optional>

namespace policies::parsing {

// The first character that a policy may not hold: one that is no UTF-8, a control character, or one
// beyond ASCII outside of comments and of text on one line (for such, toml++ 3.3 leaves the ground
// of defined behaviour).
std::optional<Fault> find_bad_character(std::string_view text);

} // namespace policies::parsing
