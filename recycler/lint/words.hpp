// SPDX-License-Identifier: MIT
// What words of a configuration stand for: spans of time, addresses, options of the form
// "key=value". Knows no balancer, except by what its caller says.
#pragma once

#include "recycler/base/units.hpp"
#include "recycler/lint/syntax.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace recycler::lint {

// The words of a directive from `first` on, with a blank between them, and at most 60 bytes of it:
// to be quoted in a sentence.
std::string written(const Directive& directive, std::size_t first = 0);

// Where it begins.
Place place_of(const Directive& directive);
// The word at that index, empty where there are fewer.
std::string_view word(const Directive& directive, std::size_t index);
// Equal but for upper and lower case; `lower` is in lower case.
bool is_in_any_case(std::string_view text, std::string_view lower);
// What follows `key` in the first word that begins with it: "5s" for "fail_timeout=".
std::optional<Word> option(const Directive& directive, std::string_view key);
// The same, in upper or lower case; `key` is in lower case.
std::optional<Word> option_in_any_case(const Directive& directive, std::string_view key);
// The word after the first one that is `key`: "4" of "... max-reuse 4".
std::optional<Word> follower(const Directive& directive, std::string_view key);
bool has_word(const Directive& directive, std::string_view text);

// Digits only, up to 9 of them.
std::optional<long> number(std::string_view text);
// "10", "500ms", "1h30m", "1min": us ms s m min h d w; `plain` is the unit of a number without one.
std::optional<Duration> span(std::string_view text, Duration plain);

} // namespace recycler::lint
