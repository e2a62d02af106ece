// SPDX-License-Identifier: MIT
// What stood behind lines, in a few words: for the table, and after each line.
#pragma once

#include "recycler/explain/join.hpp"

#include <string>

namespace recycler::explain {

// How far unfinished answers had come, over several lines.
struct Progress {
    std::optional<std::uint64_t> least{}, most{}; // bytes
    std::optional<Duration> waited{};             // the longest
    void add(const Entry& entry);
};

// "drained by an operator".
std::string in_words(const Closing& closing);
// "braked until 11:55:02 UTC: 7000.5 exited before it was ready".
std::string in_words(const Vacancy& vacancy, const History& history);
// "connection refused", "its answer stopped after 34,776 bytes, nothing for 360 s".
std::string in_words(Said said, Cause cause, const Progress& progress);
// "7012.3 oom-worker while serving GET /reports": after a line.
std::string in_words(const Explanation& why, const Entry& entry, const History& history);

} // namespace recycler::explain
