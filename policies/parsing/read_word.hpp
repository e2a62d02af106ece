// SPDX-License-Identifier: MIT
// Reads a value that is one of a few words.
#pragma once

#include "policies/parsing/values.hpp"
#include "policies/parsing/words.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace policies::parsing {

// The place of the word among the choices; refused when it is none of them.
template <std::size_t N>
std::optional<std::size_t> read_word(const Value& value,
                                     const std::array<std::string_view, N>& choices) {
    const auto text = read_text(value);
    if (!text) {
        return std::nullopt;
    }
    const auto found = std::find(choices.begin(), choices.end(), *text);
    if (found == choices.end()) {
        value.refuse(unknown_word(*text, choices));
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - choices.begin());
}

} // namespace policies::parsing
