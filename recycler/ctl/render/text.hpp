// SPDX-License-Identifier: MIT
// Pieces of text for a terminal: cut, padded, wrapped, numbers in few characters. Pure. Widths are
// counted in characters; those that take two columns are counted as one.
#pragma once

#include "recycler/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::ctl {

// Text from a worker or a client of its, safe to print: control characters, those that turn the
// direction of writing, and bytes that are no UTF-8 are shown as "\n", "\x1b", "\u202e".
std::string printable(std::string_view text);

// Between the columns of a table.
constexpr std::size_t k_column_gap = 2;

std::size_t width_of(std::string_view text);
// At most `width` wide, ending in "..." where something is cut off.
std::string clipped(std::string_view text, std::size_t width);
// The same, beginning with "...": where the end tells more.
std::string clipped_front(std::string_view text, std::size_t width);
enum class Align { left, right };
// At least `width` wide.
std::string padded(std::string text, std::size_t width, Align align);
// Lines of at most `width`, broken at spaces where there are any. At least one line.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);
// "a, b, c".
std::string joined(const std::vector<std::string>& parts, std::string_view separator);

// "196M", "1.5G", "812K": at most four digits' width.
std::string short_size(Bytes size);
// "12s", "45m", "5h", "3d": the greatest unit, rounded down.
std::string short_span(Duration span);
// "0.4 s", "12 s", "2 min 5 s", "3 h 12 min", "4 d 2 h".
std::string long_span(Duration span);
// "25,294".
std::string grouped(std::uint64_t number);
// "1 request", "25,294 requests".
std::string counted(std::uint64_t number, const std::string& one);
// "11:44:38 UTC".
std::string clock_text(WallTime time);
// "2026-01-09 11:44:38 UTC".
std::string date_text(WallTime time);

} // namespace recycler::ctl
