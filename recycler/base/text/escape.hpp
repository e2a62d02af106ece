// SPDX-License-Identifier: MIT
// Text from outside, made fit for where it is shown or kept. Each place has its own form, because
// its readers can undo that one; none lets a control character or a byte through that is no UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace recycler::text {

// For a terminal: control characters, those that turn the direction of writing, and bytes that are
// no UTF-8 are shown as "\n", "\x1b", "\u202e". Not undone: a backslash is left as it is.
std::string printable(std::string_view text);

// For death records: printable ASCII alone, the rest as \xNN, a backslash as two, so that the bytes
// can be recovered. At most `longest` bytes of `text`, then "...".
std::string in_ascii(std::string_view text, std::size_t longest);

// For what stands as one word in a sentence, such as a URI or a process's name: the rest of
// printable ASCII, and blanks, as %NN. Up to the first zero byte.
std::string percent_escaped(std::string_view text);

// For an excerpt that columns are counted in: every character that cannot be shown becomes one '?',
// a tab one blank; the number of characters stays.
std::string masked(std::string_view text);
// The length in bytes of the character at the front of `text`, which must not be empty; 0 where
// that is no well-formed UTF-8 or a control character.
std::size_t shown_length(std::string_view text);
// In double quotes, masked, tabs too, and shortened after 60 characters.
std::string quoted(std::string_view text);

// The inside of a JSON string; bytes that are no UTF-8 stay.
std::string json_escaped(std::string_view text);
// One word to a shell.
std::string shell_word(std::string_view text);

} // namespace recycler::text
