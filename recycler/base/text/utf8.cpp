// SPDX-License-Identifier: MIT
#include "recycler/base/text/utf8.hpp"

#include <array>

namespace recycler::text {
namespace {

std::size_t announced_length(unsigned char lead) {
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead < 0xe0) {
        return 2;
    }
    if (lead >= 0xe0 && lead < 0xf0) {
        return 3;
    }
    return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

} // namespace

Character first_character(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = announced_length(lead);
    const Character broken{text.substr(0, 1), 0, Character::Kind::broken};
    if (length == 0 || length > text.size()) {
        return broken;
    }
    constexpr std::array<unsigned char, 5> k_lead_bits{0, 0x7f, 0x1f, 0x0f, 0x07};
    char32_t code = lead & k_lead_bits[length];
    for (std::size_t i = 1; i < length; ++i) {
        if (!continues_character(text[i])) {
            return broken;
        }
        code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3fu);
    }
    // Longer than needed, half of a surrogate pair, or beyond Unicode.
    constexpr std::array<char32_t, 5> k_least{0, 0, 0x80, 0x800, 0x10000};
    if (code < k_least[length] || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff) {
        return broken;
    }
    return {text.substr(0, length), code, Character::Kind::character};
}

std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        text.remove_prefix(first_character(text).bytes.size());
        ++width;
    }
    return width;
}

std::string_view head_of(std::string_view text, std::size_t width) {
    std::size_t end = 0;
    for (std::size_t i = 0; i < width && end < text.size(); ++i) {
        end += first_character(text.substr(end)).bytes.size();
    }
    return text.substr(0, end);
}

std::size_t whole_characters(std::string_view text, std::size_t most) {
    std::size_t end = most;
    while (end > 0 && most - end < 4 && continues_character(text[end])) {
        --end;
    }
    return most - end < 4 ? end : most; // more than three continuation bytes are no character
}

} // namespace recycler::text
