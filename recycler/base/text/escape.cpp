// SPDX-License-Identifier: MIT
#include "recycler/base/text/escape.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/utf8.hpp"

#include <algorithm>

namespace recycler::text {
namespace {

constexpr std::size_t k_longest_quote = 60;

constexpr std::string_view k_small_digits = "0123456789abcdef";
constexpr std::string_view k_capital_digits = "0123456789ABCDEF";

// `lead` and at least `width` digits.
void add_code(std::string& out, std::string_view lead, char32_t code, int width,
              std::string_view digits = k_small_digits) {
    out += lead;
    for (int shift = 28; shift >= 0; shift -= 4) {
        if (shift / 4 < width || code >> shift != 0) {
            out += digits[code >> shift & 0xf];
        }
    }
}

char32_t code_of(char byte) {
    return static_cast<unsigned char>(byte);
}

bool is_control(char32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

// Moves the cursor, starts an escape sequence, or turns the direction of writing.
bool is_unsafe(char32_t code) {
    return is_control(code) || (code >= 0x200e && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void add_shown(std::string& out, const Character& character) {
    if (character.kind == Character::Kind::broken) {
        add_code(out, "\\x", code_of(character.bytes.front()), 2);
    } else if (!is_unsafe(character.code)) {
        out += character.bytes;
    } else if (character.code == '\n') {
        out += "\\n";
    } else if (character.code == '\t') {
        out += "\\t";
    } else if (character.code < 0x80) {
        add_code(out, "\\x", character.code, 2);
    } else {
        add_code(out, "\\u", character.code, 4);
    }
}

} // namespace

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character character = first_character(text);
        add_shown(out, character);
        text.remove_prefix(character.bytes.size());
    }
    return out;
}

std::string in_ascii(std::string_view text, std::size_t longest) {
    std::string out;
    for (const char c : text.substr(0, longest)) {
        if (c == '\\') {
            out += "\\\\";
        } else if (is_printable(c)) {
            out += c;
        } else {
            add_code(out, "\\x", code_of(c), 2);
        }
    }
    return text.size() > longest ? out + "..." : out;
}

std::string percent_escaped(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, text.find('\0'))) {
        if (is_printable(c) && c != ' ') {
            out += c;
        } else {
            add_code(out, "%", code_of(c), 2, k_capital_digits);
        }
    }
    return out;
}

std::size_t shown_length(std::string_view text) {
    const Character character = first_character(text);
    const bool hidden = character.kind == Character::Kind::broken || is_control(character.code);
    return hidden ? 0 : character.bytes.size();
}

std::string masked(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t length = shown_length(text);
        if (length == 0) {
            result += text.front() == '\t' ? ' ' : '?';
        } else {
            result += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return result;
}

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (std::size_t characters = 0; !text.empty(); ++characters) {
        if (characters == k_longest_quote) {
            return result + "...\"";
        }
        const std::size_t length = shown_length(text);
        result += length == 0 ? "?" : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return result + "\"";
}

std::string json_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\' || code_of(c) < 0x20) {
            add_code(out, "\\u", code_of(c), 4);
        } else {
            out += c;
        }
    }
    return out;
}

std::string shell_word(std::string_view text) {
    constexpr std::string_view k_plain = "/._-+,@%:";
    const bool plain = std::ranges::all_of(text, [&](char c) {
        return is_letter(c) || is_digit(c) || k_plain.find(c) != std::string_view::npos;
    });
    if (plain) {
        return std::string(text);
    }
    std::string word = "'";
    for (const char c : text) {
        word += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return word + "'";
}

} // namespace recycler::text
