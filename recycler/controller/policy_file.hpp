// The policy's file, read whole.
#pragma once

#include "recycler/base/result.hpp"

#include <string>

namespace recycler::controller {

// At most one byte more than any policy may have: the parser then says that it is too long.
Result<std::string> read_policy_file(const std::string& path);

} // namespace recycler::controller
