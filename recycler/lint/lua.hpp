// SPDX-License-Identifier: MIT
// Where a block of Lua in a configuration of nginx ends (access_by_lua_block and its like, of
// OpenResty and libnginx-mod-http-lua). What it does is not looked at.
#pragma once

#include "recycler/lint/cursor.hpp"

#include <optional>

namespace recycler::lint {

// From the "{" at the cursor over its "}". Braces in strings and comments of Lua are none.
std::optional<SyntaxFault> skip_lua_block(Cursor& cursor);

} // namespace recycler::lint
