// SPDX-License-Identifier: MIT
#include "recycler/explain/lines/json_text.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"

#include <algorithm>
#include <cstdint>

namespace recycler::explain {

namespace {

// UTF-8, also of a half of a pair that is alone: it is printed as what it is, no character.
void add_character(std::string& text, std::uint32_t code) {
    const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (code < 0x80) {
        add(code);
    } else if (code < 0x800) {
        add(0xc0 | code >> 6);
        add(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        add(0xe0 | code >> 12);
        add(0x80 | (code >> 6 & 0x3f));
        add(0x80 | (code & 0x3f));
    } else {
        add(0xf0 | code >> 18);
        add(0x80 | (code >> 12 & 0x3f));
        add(0x80 | (code >> 6 & 0x3f));
        add(0x80 | (code & 0x3f));
    }
}

// "00e9", and of a pair "d83d\ude00"; what is none is taken for U+FFFD.
std::uint32_t take_code(std::string_view& text) {
    const auto four = [](std::string_view& from) -> std::optional<std::uint32_t> {
        std::string_view digits = from.substr(0, 4);
        const auto code = text::take_number<std::uint32_t>(digits, 16);
        from.remove_prefix(std::min<std::size_t>(4, from.size()));
        return digits.empty() ? code : std::nullopt;
    };
    const std::uint32_t code = four(text).value_or(0xfffd);
    std::string_view rest = text;
    if (code < 0xd800 || code > 0xdbff || !text::take(rest, "\\u")) {
        return code;
    }
    const std::uint32_t second = four(rest).value_or(0);
    if (second < 0xdc00 || second > 0xdfff) {
        return code;
    }
    text = rest;
    return 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00);
}

char unescaped(char c) {
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    default:
        return c;
    }
}

// Behind the quote that opens it, up to behind the one that closes it. Nullopt: none closes it.
std::optional<std::string> take_text(std::string_view& json) {
    std::string text;
    for (;;) {
        const std::size_t plain = json.find_first_of("\"\\");
        if (plain == std::string_view::npos || plain + 1 >= json.size()) {
            const bool closed = plain != std::string_view::npos && json[plain] == '"';
            text += json.substr(0, plain);
            json = {};
            return closed ? std::optional(text) : std::nullopt;
        }
        text += json.substr(0, plain);
        const bool escape = json[plain] == '\\';
        json.remove_prefix(plain + 1);
        if (!escape) {
            return text;
        }
        const char c = json.front();
        json.remove_prefix(1);
        if (c == 'u') {
            add_character(text, take_code(json));
        } else {
            text += unescaped(c);
        }
    }
}

// A value that is no text, up to the comma behind it; a list or an object with all that is in it.
void skip_value(std::string_view& json) {
    int depth = 0;
    while (!json.empty()) {
        const char c = json.front();
        if (depth == 0 && (c == ',' || c == '}')) {
            return;
        }
        json.remove_prefix(1);
        if (c == '"') {
            (void)take_text(json);
        }
        depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    }
}

} // namespace

std::optional<std::string> text_in_json(std::string_view object, std::string_view member) {
    if (!text::take(object, "{")) {
        return std::nullopt;
    }
    for (;;) {
        object = text::without_leading(object);
        if (!text::take(object, "\"")) {
            return std::nullopt;
        }
        const auto name = take_text(object);
        object = text::without_leading(object);
        if (!name || !text::take(object, ":")) {
            return std::nullopt;
        }
        object = text::without_leading(object);
        if (!object.starts_with('"')) {
            skip_value(object);
        } else {
            object.remove_prefix(1);
            auto text = take_text(object);
            if (!text || *name == member) {
                return text;
            }
        }
        object = text::without_leading(object);
        if (!text::take(object, ",")) {
            return std::nullopt;
        }
    }
}

} // namespace recycler::explain
