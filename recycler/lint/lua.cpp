// SPDX-License-Identifier: MIT
#include "recycler/lint/lua.hpp"

#include <string>

namespace recycler::lint {

namespace {

// "[[" and "[==[" open a long text, which "]]" and "]==]" end. False: none begins here.
bool skip_long_text(Cursor& cursor) {
    if (cursor.peek() != '[') {
        return false;
    }
    const std::string_view inner = cursor.rest().substr(1);
    const std::size_t level = inner.find_first_not_of('=');
    if (level == std::string_view::npos || inner[level] != '[') {
        return false;
    }
    const std::string end = "]" + std::string(level, '=') + "]";
    cursor.step(level + 2);
    while (!cursor.at_end() && !cursor.take(end)) {
        cursor.step();
    }
    return true;
}

void skip_short_text(Cursor& cursor) {
    const char quote = cursor.peek();
    cursor.step();
    while (!cursor.at_end() && cursor.peek() != quote && cursor.peek() != '\n') {
        if (cursor.peek() == '\\') {
            cursor.step();
        }
        cursor.step();
    }
    cursor.step();
}

} // namespace

std::optional<SyntaxFault> skip_lua_block(Cursor& cursor) {
    const Place opening = cursor.place();
    std::size_t depth = 0;
    while (!cursor.at_end()) {
        if (cursor.take("--")) {
            if (!skip_long_text(cursor)) {
                cursor.skip_line();
            }
        } else if (cursor.peek() == '"' || cursor.peek() == '\'') {
            skip_short_text(cursor);
        } else if (!skip_long_text(cursor)) {
            const char byte = cursor.peek();
            cursor.step();
            depth += byte == '{' ? 1 : 0;
            depth -= byte == '}' ? 1 : 0;
            if (depth == 0) {
                return std::nullopt;
            }
        }
    }
    return SyntaxFault{opening, "the { of this block of Lua is never closed"};
}

} // namespace recycler::lint
