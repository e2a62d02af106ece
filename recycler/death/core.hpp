// SPDX-License-Identifier: MIT
// What became of the core dump of a worker that crashed, as plain data.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace recycler::death {

// Where the core dump is, best as a command that shows it; or why there is none.
struct CoreDumped {
    std::string where;
    std::vector<std::string> frames{}; // of the thread that crashed, innermost first
    std::string why_no_frames{};       // when there are none, if that is known
};
struct NoCore {
    std::string why;
    std::string next{}; // what to do about it; empty: nothing better than the usual
};
using Core = std::variant<CoreDumped, NoCore>;

} // namespace recycler::death
