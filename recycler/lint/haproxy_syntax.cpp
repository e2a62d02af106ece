// SPDX-License-Identifier: MIT
#include "recycler/lint/cursor.hpp"

#include <algorithm>
#include <array>

namespace recycler::lint {

namespace {

constexpr std::array<std::string_view, 18> k_sections{
    "global",    "defaults", "frontend", "backend",     "listen",      "fcgi-app",
    "userlist",  "peers",    "mailers",  "resolvers",   "cache",       "program",
    "crt-store", "ring",     "traces",   "log-forward", "log-profile", "http-errors"};

// Inside '...' every byte stands for itself.
std::optional<SyntaxFault> read_strong(Cursor& cursor, std::string& into) {
    const Place opening = cursor.place();
    cursor.step();
    while (!cursor.at_end() && cursor.peek() != '\'' && cursor.peek() != '\n') {
        into += cursor.peek();
        cursor.step();
    }
    if (!cursor.take("'")) {
        return SyntaxFault{opening, "the quote ' is never closed"};
    }
    return std::nullopt;
}

std::optional<SyntaxFault> read_haproxy_word(Cursor& cursor, Word& word) {
    word.place = cursor.place();
    std::optional<SyntaxFault> fault;
    while (!fault && !ends_word(cursor) && cursor.peek() != '#') {
        if (cursor.peek() == '\'') {
            fault = read_strong(cursor, word.text);
        } else if (cursor.peek() == '"') {
            fault = read_quoted(cursor, word.text, Lines::must_not_span);
        } else {
            if (cursor.peek() == '\\' && cursor.rest().size() > 1 && cursor.rest()[1] != '\n') {
                cursor.step();
            }
            word.text += cursor.peek();
            cursor.step();
        }
    }
    return fault;
}

// One line without its end; no words where nothing stands in it.
std::optional<SyntaxFault> read_haproxy_line(Cursor& cursor, std::vector<Word>& words) {
    while (true) {
        cursor.skip_blanks();
        if (cursor.at_end() || cursor.peek() == '\n') {
            return std::nullopt;
        }
        if (cursor.peek() == '#') {
            cursor.skip_line();
            return std::nullopt;
        }
        if (auto fault = read_haproxy_word(cursor, words.emplace_back())) {
            return fault;
        }
    }
}

bool opens_section(const Word& word) {
    return std::find(k_sections.begin(), k_sections.end(), word.text) != k_sections.end();
}

std::optional<SyntaxFault> read_sections(Cursor cursor, Tree& tree) {
    while (!cursor.at_end()) {
        Directive line;
        if (auto fault = read_haproxy_line(cursor, line.words)) {
            return fault;
        }
        cursor.step(); // over the line's end
        if (line.words.empty()) {
            continue;
        }
        if (tree.empty() || opens_section(line.words.front())) {
            tree.push_back(std::move(line));
        } else {
            tree.back().block.push_back(std::move(line));
        }
    }
    return std::nullopt;
}

} // namespace

Parsed parse_haproxy(const Text& text) {
    return parse_whole(text, [&](Tree& tree) { return read_sections(Cursor(text), tree); });
}

} // namespace recycler::lint
