// SPDX-License-Identifier: MIT
#include "recycler/lint/cursor.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/utf8.hpp"

namespace recycler::lint {

void Cursor::step() {
    if (rest_.empty()) {
        return;
    }
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    if (byte == '\n') {
        ++place_.line;
        place_.column = 1;
        return;
    }
    // A character ends where no byte that continues one follows.
    place_.column += text::continues_character(peek()) ? 0 : 1;
}

void Cursor::step(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        step();
    }
}

bool Cursor::take(std::string_view expected) {
    if (!rest_.starts_with(expected)) {
        return false;
    }
    step(expected.size());
    return true;
}

void Cursor::skip_line() {
    while (!at_end() && peek() != '\n') {
        step();
    }
}

void Cursor::skip_blanks() {
    while (!at_end() && peek() != '\n' && text::is_space(peek())) {
        step();
    }
}

void Cursor::skip_space() {
    while (!at_end() && text::is_space(peek())) {
        step();
    }
}

bool ends_word(const Cursor& cursor) {
    return cursor.at_end() || text::is_space(cursor.peek());
}

std::optional<SyntaxFault> read_quoted(Cursor& cursor, std::string& into, Lines lines) {
    const Place opening = cursor.place();
    const char quote = cursor.peek();
    cursor.step();
    while (!cursor.at_end() && cursor.peek() != quote) {
        if (cursor.peek() == '\n' && lines == Lines::must_not_span) {
            break;
        }
        if (cursor.peek() == '\\' && cursor.rest().size() > 1) {
            cursor.step();
        }
        into += cursor.peek();
        cursor.step();
    }
    if (cursor.peek() != quote) {
        return SyntaxFault{opening, std::string("the quote ") + quote + " is never closed"};
    }
    cursor.step();
    return std::nullopt;
}

std::optional<SyntaxFault> end_braces(Cursor& cursor, const std::optional<Place>& opening) {
    if (cursor.at_end()) {
        return opening ? std::optional(SyntaxFault{*opening, "the { is never closed"})
                       : std::nullopt;
    }
    if (!opening) {
        return SyntaxFault{cursor.place(), "unexpected }"};
    }
    cursor.step();
    return std::nullopt;
}

std::optional<SyntaxFault> unfit(const Text& text) {
    if (text.bytes.size() > k_longest_file) {
        return SyntaxFault{{text.file}, "the file is longer than 4 MiB, which no configuration is"};
    }
    const std::size_t zero = text.bytes.find('\0');
    if (zero == std::string_view::npos) {
        return std::nullopt;
    }
    Cursor cursor({text.file, text.bytes.substr(0, zero + 1)});
    cursor.step(zero);
    return SyntaxFault{cursor.place(), "here is a byte 0: this is not text"};
}

SyntaxFault too_deep(Place place) {
    return {place, "nested deeper than " + std::to_string(k_deepest_nesting) + " blocks"};
}

} // namespace recycler::lint
