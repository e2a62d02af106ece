// SPDX-License-Identifier: MIT
// The closed list of reasons why a worker ended, with the names that records, totals and
// recycler-deaths(7) use, and whether each is news that somebody should see. Knows nothing of how a
// verdict is reached: that is explain.hpp.
#pragma once

#include "recycler/base/trigger.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace recycler::death {

// The numbers stand in the ledger, which controllers of other versions read: none ever moves, and a
// new verdict takes the next one, wherever it stands in the table.
enum class Verdict : std::uint8_t {
    recycled = 0,
    stopped = 1,
    left = 2,
    oom_worker = 3,
    oom_app = 4,
    oom_host = 5,
    killed = 6,
    crashed = 7,
    forbidden_syscall = 8,
    exited = 9,
    hung = 10,
    drain_cut = 11,
    start_failed = 12,
    unknown = 13,
    stuck = 14,
};

enum class Severity { notice, warning };

struct VerdictTraits {
    Verdict verdict;
    std::string_view name;
    Severity severity;
};

// In the order in which people are shown them.
inline constexpr std::array k_verdicts{
    VerdictTraits{Verdict::recycled, "recycled", Severity::notice},
    VerdictTraits{Verdict::stopped, "stopped", Severity::notice},
    VerdictTraits{Verdict::left, "left", Severity::notice},
    VerdictTraits{Verdict::oom_worker, "oom-worker", Severity::warning},
    VerdictTraits{Verdict::oom_app, "oom-app", Severity::warning},
    VerdictTraits{Verdict::oom_host, "oom-host", Severity::warning},
    VerdictTraits{Verdict::killed, "killed", Severity::warning},
    VerdictTraits{Verdict::crashed, "crashed", Severity::warning},
    VerdictTraits{Verdict::forbidden_syscall, "forbidden-syscall", Severity::warning},
    VerdictTraits{Verdict::exited, "exited", Severity::warning},
    VerdictTraits{Verdict::hung, "hung", Severity::warning},
    VerdictTraits{Verdict::stuck, "stuck", Severity::warning},
    VerdictTraits{Verdict::drain_cut, "drain-cut", Severity::warning},
    VerdictTraits{Verdict::start_failed, "start-failed", Severity::warning},
    VerdictTraits{Verdict::unknown, "unknown", Severity::warning},
};

constexpr const VerdictTraits& traits(Verdict verdict) {
    return *std::ranges::find(k_verdicts, verdict, &VerdictTraits::verdict);
}
constexpr std::string_view to_string(Verdict verdict) {
    return traits(verdict).name;
}
constexpr bool is_warning(Verdict verdict) {
    return traits(verdict).severity == Severity::warning;
}

// The name of the verdict with this number in the totals.
constexpr std::string_view name_of_code(std::size_t code) {
    const auto* const row = std::ranges::find(
        k_verdicts, code, [](const VerdictTraits& each) { return std::size_t(each.verdict); });
    return row == k_verdicts.end() ? k_of_a_later_version : row->name;
}

// The verdict of that name; nullopt for any other text.
constexpr std::optional<Verdict> verdict_named(std::string_view name) {
    for (const VerdictTraits& row : k_verdicts) {
        if (row.name == name) {
            return row.verdict;
        }
    }
    return std::nullopt;
}

// Whether an end of that name is one that somebody should see. A name that is none of the list,
// that of a later version, may be one.
constexpr bool is_unexpected(std::string_view name) {
    const auto verdict = verdict_named(name);
    return !verdict || is_warning(*verdict);
}

} // namespace recycler::death
