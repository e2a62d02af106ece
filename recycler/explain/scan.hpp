// SPDX-License-Identifier: MIT
// Small steps through a line of text. Each takes what it finds off the front, or leaves the text as
// it is and says so.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace recycler::explain {

inline bool take(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) {
        return false;
    }
    text.remove_prefix(expected.size());
    return true;
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// A number of exactly `digits` digits.
inline std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) {
        return std::nullopt;
    }
    int number = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (!is_digit(text[i])) {
            return std::nullopt;
        }
        number = number * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return number;
}

template <typename Number>
std::optional<Number> take_number(std::string_view& text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

// What stands before the first `end`, both taken off; all of it where there is no `end`.
inline std::string_view take_until(std::string_view& text, std::string_view end) {
    const std::size_t at = text.find(end);
    const std::string_view front = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
    return front;
}

// What follows the first `mark`, up to `end` or to the end; empty where there is no mark.
inline std::string_view after(std::string_view text, std::string_view mark, std::string_view end) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos) {
        return {};
    }
    text.remove_prefix(at + mark.size());
    return text.substr(0, text.find(end));
}

inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

} // namespace recycler::explain
