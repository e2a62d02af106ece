// SPDX-License-Identifier: MIT
// Integers that stand in a text, and texts without theirs. Integers of a signed type may have a
// minus; a plus is none of a number. One that does not fit its type is none.
#pragma once

#include "recycler/base/text/characters.hpp"

#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace recycler::text {

// Takes the number that `text` begins with off the front; nullopt: it begins with none.
template <std::integral Number>
std::optional<Number> take_number(std::string_view& text, int base = 10) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc()) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

// The number that `text` begins with, whatever follows.
template <std::integral Number>
std::optional<Number> number_at_front(std::string_view text, int base = 10) {
    return take_number<Number>(text, base);
}

// All of `text` is the number.
template <std::integral Number>
std::optional<Number> number_in(std::string_view text, int base = 10) {
    const auto number = take_number<Number>(text, base);
    return text.empty() ? number : std::nullopt;
}

// Takes a number of exactly `digits` digits off the front.
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

// "bind a.sock.12" is "bind a.sock.0": texts that differ in their numbers alone are about the same.
// The next attempt has another listener, the next worker another generation.
[[nodiscard]] inline std::string without_numbers(std::string_view text) {
    std::string folded;
    bool in_number = false;
    for (const char c : text) {
        if (!is_digit(c)) {
            folded += c;
        } else if (!in_number) {
            folded += '0';
        }
        in_number = is_digit(c);
    }
    return folded;
}

} // namespace recycler::text
