// SPDX-License-Identifier: MIT
// Since when: a span back from now, or a time.
#pragma once

#include "recycler/base/units.hpp"
#include "recycler/ctl/syntax.hpp"

#include <optional>
#include <string>
#include <variant>

namespace recycler::ctl {

using Since = std::variant<Duration, WallTime>;

// What was given with `option`; nothing where it was not.
std::variant<std::optional<Since>, Told> since_of(const std::string& option,
                                                  const std::string& text);
// What was given with `option`, which is not empty.
enum class Sign { none, allowed };
std::variant<Duration, Told> span_of(const std::string& option, const std::string& text,
                                     Sign sign = Sign::none);

WallTime time_of(const Since& since, WallTime now);

} // namespace recycler::ctl
