// SPDX-License-Identifier: MIT
// Texts in a JSON object on one line, as the logging drivers of Docker and the journal write it:
// just enough to take out a text of its outermost level. What is no such object has no texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace recycler::explain {

// The text of that member, with its escapes undone. Nullopt: there is none, or it is no text.
std::optional<std::string> text_in_json(std::string_view object, std::string_view member);

} // namespace recycler::explain
