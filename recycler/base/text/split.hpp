// SPDX-License-Identifier: MIT
// Small steps through a text: its lines, its words, what stands between two marks. Views only, so
// nothing here allocates.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace recycler::text {

// Within a line of a file that may come from elsewhere.
inline constexpr std::string_view k_blanks = " \t\r";

constexpr std::string_view without_leading(std::string_view text,
                                           std::string_view blanks = k_blanks) {
    return text.substr(std::min(text.find_first_not_of(blanks), text.size()));
}

// Without blanks at either end.
constexpr std::string_view trimmed(std::string_view text, std::string_view blanks = k_blanks) {
    text = without_leading(text, blanks);
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

// Takes `expected` off the front, if the text begins with it.
constexpr bool take(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) {
        return false;
    }
    text.remove_prefix(expected.size());
    return true;
}

constexpr bool take(std::string_view& text, char expected) {
    return take(text, std::string_view(&expected, 1));
}

// What stands before the first `end`, both taken off; all of it where there is no `end`.
constexpr std::string_view take_until(std::string_view& text, std::string_view end) {
    const std::size_t at = text.find(end);
    const std::string_view front = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
    return front;
}

constexpr std::string_view take_line(std::string_view& text) {
    return take_until(text, "\n");
}

// Words with any number of spaces between them; empty where none is left.
constexpr std::string_view take_word(std::string_view& text) {
    text = without_leading(text, " ");
    return take_until(text, " ");
}

constexpr std::string_view first_line(std::string_view text) {
    return text.substr(0, text.find('\n'));
}

// What follows the first `mark`, up to `end` or to the end; empty where there is no mark.
constexpr std::string_view after(std::string_view text, std::string_view mark,
                                 std::string_view end) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos) {
        return {};
    }
    text.remove_prefix(at + mark.size());
    return text.substr(0, text.find(end));
}

constexpr bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

} // namespace recycler::text
