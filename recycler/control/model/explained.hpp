// SPDX-License-Identifier: MIT
// What `explain` has found out about a balancer's log. Plain values; the member names are those of
// the JSON (json.hpp). Knows nothing of how lines are read and joined.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace recycler::control {

// Where the lines of one cause point to: a worker and the request it had, or a slot and what it was
// closed for.
struct ExplainedPlace {
    std::string where; // "7012.3", "7012", or the address that the lines name
    std::string what;  // "GET /reports", "drained by an operator"; empty: nothing to add
    std::uint64_t lines = 0;
    bool operator==(const ExplainedPlace&) const = default;
};

struct ExplainedCause {
    std::string cause;    // of recyclerctl(1): a verdict, "gate", "client" ...
    std::string standing; // "explained", "not-ours", "unexplained"
    std::uint64_t lines = 0;
    std::uint64_t attempts = 0; // at a backend, that failed: one may take several lines
    std::optional<WallTime> first, last;
    std::vector<ExplainedPlace> places;     // the ones with the most lines, most first
    std::optional<std::string> sentence{};  // what it means; none: its name says all
    std::optional<std::string> next_step{}; // what to do about it; none: nothing, or `why` says it
    bool operator==(const ExplainedCause&) const = default;
};

struct ExplainedDeath {
    std::string worker;
    std::string verdict;
    WallTime at;
    std::uint64_t lines = 0;
    std::string sentence;
    bool operator==(const ExplainedDeath&) const = default;
};

struct ExplainedLines {
    std::uint64_t all = 0;
    std::uint64_t of_backends = 0; // explained and not explained
    std::uint64_t explained = 0;
    std::uint64_t not_ours = 0;
    std::uint64_t beside = 0; // about the balancer itself
    std::uint64_t unparsed = 0;
    bool operator==(const ExplainedLines&) const = default;
};

// What it was joined to.
struct ExplainedHistory {
    std::vector<std::string> sources; // paths, "the journal"
    std::uint64_t deaths = 0;
    std::uint64_t closings = 0;
    std::optional<WallTime> first, last;
    bool operator==(const ExplainedHistory&) const = default;
};

struct ExplainedLog {
    std::vector<std::string> files;
    std::optional<WallTime> first, last; // of the lines, by the daemon's clock
    std::string zone;                    // that times without one were read in
    Duration offset{};                   // how far the balancer's clock is ahead of the daemon's
    std::uint64_t offset_lines = 0;      // that tell so; 0: it was given, or there is none
    ExplainedLines lines;
    ExplainedHistory history;
    std::vector<ExplainedCause> causes; // most lines first, those that are none of ours last
    std::vector<ExplainedDeath> deaths; // worst first
    std::vector<std::string> unparsed;  // the first of them
    bool operator==(const ExplainedLog&) const = default;
};

} // namespace recycler::control
