// SPDX-License-Identifier: MIT
// The second half of reading a policy: what depends on more than one key. Knows no TOML.
#pragma once

#include "policies/parsing/draft.hpp"

namespace policies::parsing {

// Fills in what depends on other keys: the name from the file's stem, the addresses, recycle.memory
// as a size, report.file. Blames what cannot be.
void resolve(Draft& draft);

// Blames keys that are each well but cannot hold together. Called after resolve().
void find_contradictions(Draft& draft);

} // namespace policies::parsing
