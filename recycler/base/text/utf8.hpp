// SPDX-License-Identifier: MIT
// Characters of UTF-8 in text that may hold any bytes. Widths are counted in characters; those that
// take two columns of a terminal are counted as one.
#pragma once

#include <cstddef>
#include <string_view>

namespace recycler::text {

// One character, or one byte that is none.
struct Character {
    std::string_view bytes;
    char32_t code = 0;
    enum class Kind { character, broken } kind = Kind::broken;
};

// What stands at the front of `text`, which is not empty. Broken: forms longer than needed, halves
// of surrogate pairs, and what lies beyond Unicode, too.
Character first_character(std::string_view text);

// Whether the byte belongs to a character that began before it.
constexpr bool continues_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

std::size_t width_of(std::string_view text);
// The first `width` characters.
std::string_view head_of(std::string_view text, std::size_t width);
// How many of the first `most` bytes can stay without cutting a character; `text` is longer.
std::size_t whole_characters(std::string_view text, std::size_t most);

} // namespace recycler::text
