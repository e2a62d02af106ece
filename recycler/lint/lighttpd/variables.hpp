// SPDX-License-Identifier: MIT
// A configuration of lighttpd with what its variables stand for, as far as assignments say: those
// before it in the text, whichever condition they stand in.
#pragma once

#include "recycler/lint/syntax.hpp"

#include <vector>

namespace recycler::lint {

// Variables whose value is not known stay "${name}".
std::vector<Tree> with_lighttpd_variables(const std::vector<Tree>& trees);

} // namespace recycler::lint
