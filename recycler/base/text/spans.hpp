// SPDX-License-Identifier: MIT
// Spans of time in words. They differ in what their reader does with them, and what each prints for
// a span never changes.
#pragma once

#include "recycler/base/units.hpp"

#include <string>

namespace recycler::text {

// "250ms", "2.5s", "1h 30min", "2d 4h": as a policy may say it, in the two greatest units, rounded.
// policies::parse_span() reads it back to within that.
std::string span_text(Duration span);

// "0.35s", "12.3s", "6min 1s", "2h 13min", "3d 4h": in death records, which outlive the program.
// Rounded down from a minute on: the worker did reach the age that a record states.
std::string recorded_span(Duration span);

// "12s", "45m", "5h", "3d": the greatest unit, rounded down, for the columns of a table.
std::string short_span(Duration span);

// "0.4 s", "12 s", "2 min 5 s", "3 h 12 min", "4 d 2 h": in the sentences of a page.
std::string long_span(Duration span);

// "0.3 ms", "45 ms", then long_span(): how long requests take.
std::string request_span(Duration span);

// "12 s", "2 min 0 s", "125 min 5 s": how long something lasts that goes on, told again each
// second. Minutes and seconds both stand there always, so that the line around it stays where it
// is.
std::string ticking_span(Duration span);

} // namespace recycler::text
