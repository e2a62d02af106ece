// SPDX-License-Identifier: MIT
// The table of what runtimes write about their own end: one row for each form.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace recycler::death {

using Lines = std::span<const std::string>;

enum class Place { front, anywhere };
// fatal: the process ends after it. passing: a program may log it and go on.
enum class After { fatal, passing };
// behind_trampoline: the first frame is that from which the kernel calls a handler.
enum class Innermost { first, last, behind_trampoline };
// caught: the report tells a signal that the runtime's handler has caught.
enum class Signal { none, caught };

struct ReportRow {
    std::string_view runtime;
    std::string_view mark; // of the first line of the report
    Place place;
    After after;
    // Whether the lines from `at` on are what they look like; nullptr: the mark says it all.
    bool (*holds)(Lines lines, std::size_t at);
    // The line with the cause; nullptr: the first one.
    std::string (*cause)(Lines lines, std::size_t at);
    // The frame that a line names; nullptr: the report has none.
    std::optional<std::string_view> (*frame)(std::string_view line);
    Innermost innermost = Innermost::first;
    Signal signal = Signal::none;
};

std::span<const ReportRow> report_rows();

} // namespace recycler::death
