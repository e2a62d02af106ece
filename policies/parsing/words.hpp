// SPDX-License-Identifier: MIT
// Words with a fixed meaning: signal names and the choices of a key, with the nearest one suggested
// for a misspelt one.
#pragma once

#include "policies/problem.hpp"

#include <span>
#include <string_view>

namespace policies::parsing {

// "SIGTERM" or "TERM". Only signals that can end a process: one that stops it or is ignored by
// default would only cost the time-out.
Parsed<int> parse_signal(std::string_view text);

// `word` is none of `choices`.
Problem unknown_word(std::string_view word, std::span<const std::string_view> choices);

} // namespace policies::parsing
