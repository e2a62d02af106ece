// SPDX-License-Identifier: MIT
// What a runtime wrote about its own end: Ruby's [BUG], Python's faulthandler, uWSGI's backtrace,
// glibc's "double free" and the like. Finds the line with the cause, which long tables and maps
// follow. These are the program's own words: a program may write whatever it likes, so nothing here
// proves a verdict. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::death {

struct Report {
    std::string_view runtime;        // "Ruby"
    std::string line;                // with the cause
    std::vector<std::string> frames; // innermost first, a few
    std::optional<int> signal;       // that it says it has caught
};

// The last one in what a worker wrote, oldest line first. Of a report that need not end a process,
// such as an exception that is logged, nothing is said unless it is all that stands at the end.
std::optional<Report> find_report(std::span<const std::string> lines);

} // namespace recycler::death
