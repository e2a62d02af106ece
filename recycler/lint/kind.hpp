// SPDX-License-Identifier: MIT
// Which balancer a configuration is for, by what stands in it.
#pragma once

#include <optional>
#include <string_view>

namespace recycler::lint {

enum class Kind { nginx, haproxy, apache, lighttpd };

// "nginx", ...
std::string_view name_of(Kind kind);
std::optional<Kind> kind_named(std::string_view name);

// Nullopt where it is not clear: too little, or as much of one as of another.
std::optional<Kind> recognise(std::string_view text);

} // namespace recycler::lint
