// The text of the policy: read from its file, or from the memfd in which the keeper keeps the text
// that was accepted, so that a controller started later decides by the same policy, whatever stands
// in the file by then.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"

#include <string>

namespace recycler::controller {

Result<std::string> read_text(const std::string& path);
Result<std::string> read_text(int fd);
Result<UniqueFd> keep_text(const std::string& text);

} // namespace recycler::controller
