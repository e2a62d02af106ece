// SPDX-License-Identifier: MIT
// Pieces of text for a terminal: cut, padded, wrapped; moments. Pure. Widths are
// counted in characters; those that take two columns are counted as one.
#pragma once

#include "recycler/base/text/escape.hpp"
#include "recycler/base/text/join.hpp"
#include "recycler/base/text/plural.hpp"
#include "recycler/base/text/sizes.hpp"
#include "recycler/base/text/spans.hpp"
#include "recycler/base/text/utf8.hpp"
#include "recycler/base/units.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::ctl {

// What pages take from recycler/base/text.
using text::counted;
using text::grouped;
using text::joined;
using text::long_span;
using text::printable;
using text::short_size;
using text::short_span;
using text::width_of;

// Between the columns of a table.
constexpr std::size_t k_column_gap = 2;

// At most `width` wide, ending in "..." where something is cut off.
std::string clipped(std::string_view text, std::size_t width);
// The same, beginning with "...": where the end tells more.
std::string clipped_front(std::string_view text, std::size_t width);
enum class Align { left, right };
// At least `width` wide.
std::string padded(std::string text, std::size_t width, Align align);
// Lines of at most `width`, broken at spaces where there are any. At least one line.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

// "11:44:38 UTC".
std::string clock_text(WallTime time);
// "2026-01-09 11:44:38 UTC".
std::string date_text(WallTime time);

} // namespace recycler::ctl
