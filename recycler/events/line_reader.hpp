// SPDX-License-Identifier: MIT
// Reads a file of lines from its end to its beginning, with memory bounded by one line and one
// block, however large it is. Knows lines only. A last line without its newline was torn by a crash
// and is no line.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/units.hpp"

#include <functional>
#include <string_view>

namespace recycler::events {

enum class Walk { on, enough };

// Shows each whole line of `fd`, newest first and without its newline, until `visit` says enough;
// the view is valid during the call only. Lines longer than `longest` are passed over. Says whether
// the visitor wants more. Errors: what pread(2) says; EIO when the file shrinks under it.
Result<Walk> walk_back(int fd, Bytes longest, const std::function<Walk(std::string_view)>& visit);

} // namespace recycler::events
