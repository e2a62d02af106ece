// SPDX-License-Identifier: MIT
// Outlook: how long a worker has until its bloat reaches a level, told from its own samples and
// from what the lives before it have taught. For choosing among workers, so a jumpy series must not
// mislead it; when to look again is decided in sampling.hpp, which trusts the steepest step.
#pragma once

#include "recycler/triggers/growth/lives.hpp"
#include "recycler/triggers/growth/trend.hpp"

namespace recycler::triggers {

// Bytes per second, the greater of
// - what the worker itself shows steadily (Trend::steady_growth), and
// - what a request has left behind in the lives before, at the worker's own rate of requests;
// for a worker that has shown neither growth nor rate yet, what a second has left behind in them.
// Unknown where nobody has shown anything.
[[nodiscard]] std::optional<double> expected_growth(const Trend& own, const Lives& lives);

// Bytes per second that the lives before teach, at their pace or at the worker's own rate of
// requests, whichever is more: who idled for most of its life grew slowly by its time. Unknown
// before the first life.
[[nodiscard]] std::optional<double> taught_growth(const Trend& own, const Lives& lives);

// From the last sample until bloat reaches `level`; 0 when it has. Unknown without a sample,
// without growth, and beyond a year.
[[nodiscard]] std::optional<Duration> time_to(Bytes level, const Trend& own, const Lives& lives);

} // namespace recycler::triggers
