// SPDX-License-Identifier: MIT
// Texts that differ in their numbers alone are about the same: the next attempt has another
// listener, the next worker another generation.
#pragma once

#include <string>
#include <string_view>

namespace recycler {

// "bind a.sock.12" is "bind a.sock.0".
[[nodiscard]] inline std::string without_numbers(std::string_view text) {
    constexpr std::string_view k_digits = "0123456789";
    std::string folded;
    while (!text.empty()) {
        const std::size_t words = std::min(text.find_first_of(k_digits), text.size());
        folded += text.substr(0, words);
        text.remove_prefix(words);
        if (!text.empty()) {
            folded += '0';
            text.remove_prefix(std::min(text.find_first_not_of(k_digits), text.size()));
        }
    }
    return folded;
}

} // namespace recycler
