// SPDX-License-Identifier: MIT
// What kind of character a byte is, in ASCII alone: the functions of <cctype> ask the locale.
// Nothing here allocates, so the keeper uses it, too.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace recycler::text {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
// Blanks, tabs and the ends of lines.
constexpr bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
// A blank is.
constexpr bool is_printable(char c) {
    return c >= ' ' && c <= '~';
}

// '?' for what is no printable ASCII: where there is no room for an escape, or none may be made.
constexpr char shown(char c) {
    return is_printable(c) ? c : '?';
}

// There is at least one.
constexpr bool is_all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_digit);
}

inline std::string lowered(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return result;
}

} // namespace recycler::text
