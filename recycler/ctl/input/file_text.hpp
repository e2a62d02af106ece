// SPDX-License-Identifier: MIT
// Files that a command names, read whole.
#pragma once

#include "recycler/base/result.hpp"

#include <cstddef>
#include <string>

namespace recycler::ctl {

// At most one byte more than `longest`: whoever parses it then says that it is too long. ECANCELED:
// `interrupt` became readable while nobody wrote into the FIFO that was named.
Result<std::string> file_text(const std::string& path, std::size_t longest, int interrupt);

} // namespace recycler::ctl
