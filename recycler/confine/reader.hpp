// SPDX-License-Identifier: MIT
// What is left to a child that reads what others have written, journal entries or lines of a file:
// it reads, computes, and writes its answer to standard output. A reader that its bytes have taken
// over can lie in its answer and do nothing else.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/confine/call_list.hpp"

#include <functional>
#include <string>
#include <vector>

namespace recycler::confine {

// The system calls of a reader.
[[nodiscard]] std::vector<CallRule> reader_calls();

// For a child, after it has opened what needs rights: it has no capability from then on and gets
// none, nobody but root looks into its memory, it makes only its few system calls, opens nothing to
// write, and reads no file but `readable` and what is in these folders, if the kernel has Landlock.
// What it writes goes to standard output. An error: a right that could not be given up.
[[nodiscard]] std::function<Result<void>()> reader(std::vector<std::string> readable);

} // namespace recycler::confine
