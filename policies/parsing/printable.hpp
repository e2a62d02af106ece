// SPDX-License-Identifier: MIT
// Text from outside, made fit for a terminal and a log: no control characters, no broken UTF-8,
// bounded in length.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace policies::parsing {

// The length in bytes of the character at the front of `text`, which must not be empty; 0 where
// that is no well-formed UTF-8 or a control character.
std::size_t character_length(std::string_view text);

// Every character that cannot be shown becomes one '?', a tab one blank; the number of characters
// stays, so that a column still points at the same one.
std::string printable(std::string_view text);

// printable(), in double quotes, and shortened after 60 characters.
std::string quoted(std::string_view text);

} // namespace policies::parsing
