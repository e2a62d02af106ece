// SPDX-License-Identifier: MIT
// Problem: why a piece of text is no value, in words for the person who wrote it. Parsed<T>: the
// value, or the problem. It knows no place in a file; parse.hpp turns problems into faults with
// line and column.
#pragma once

#include <string>
#include <variant>

namespace policies {

// `reason` says what is wrong, `suggestion` what to write instead; the latter may be empty. No
// trailing punctuation.
struct Problem {
    std::string reason;
    std::string suggestion;
    bool operator==(const Problem&) const = default;
};

template <typename T>
using Parsed = std::variant<T, Problem>;

} // namespace policies
