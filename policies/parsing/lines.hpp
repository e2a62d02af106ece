// SPDX-License-Identifier: MIT
// The lines of a policy text as they look, also where they are no TOML: which key and section a
// broken one belongs to. Knows nothing of values.
#pragma once

#include <string>
#include <string_view>

namespace policies::parsing {

// The extent of a line, without its end. Lines count from 1; one beyond the last is empty.
struct Extent {
    std::size_t begin = 0;
    std::size_t end = 0;
};
Extent extent_of(std::string_view text, int line);
std::string_view line_of(std::string_view text, int line);

// The key of a `key = value` line, without its section; empty for any other line.
std::string_view key_of(std::string_view line);

// Where the value of a `key = value` line begins, as an index; npos for any other line.
std::size_t value_of(std::string_view line);

// The last line of the inline table that a `key = {` line opens: where its braces are closed, or
// above the next header, or at the end. The line itself if it opens none or closes it again.
int last_line_of_braces(std::string_view text, int line);

// Whether it can only be meant as a header, such as "[app]" or "[app".
bool is_header(std::string_view line);

// The section that a line stands in, as its header says; empty above the first one.
std::string section_at(std::string_view text, int line);

} // namespace policies::parsing
