// SPDX-License-Identifier: MIT
// "Did you mean ...?": the known word that a misspelt one is closest to.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace policies::parsing {

// The closest of `known` within a third of the word's length in slips (a letter changed, left out,
// added, or two swapped); nullopt: nothing is close. Upper and lower case count as the same.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> known);

} // namespace policies::parsing
