// SPDX-License-Identifier: MIT
#include "recycler/lint/cursor.hpp"
#include "recycler/lint/lua.hpp"

namespace recycler::lint {

namespace {

// "${name}" is no block.
bool opens_block(const Cursor& cursor, std::string_view word) {
    return cursor.peek() == '{' && !word.ends_with('$');
}

std::optional<SyntaxFault> read_nginx_word(Cursor& cursor, Word& word) {
    word.place = cursor.place();
    if (cursor.peek() == '"' || cursor.peek() == '\'') {
        return read_quoted(cursor, word.text, Lines::may_span);
    }
    while (!ends_word(cursor) && cursor.peek() != ';' && !opens_block(cursor, word.text)) {
        if (cursor.peek() == '\\' && cursor.rest().size() > 1) {
            word.text += cursor.peek();
            cursor.step();
        }
        word.text += cursor.peek();
        cursor.step();
    }
    return std::nullopt;
}

class NginxParser {
  public:
    explicit NginxParser(const Text& text) : cursor_(text) {}

    // Up to the "}" of `opening`, or without one to the end of the text.
    std::optional<SyntaxFault> block(Tree& into, const std::optional<Place>& opening, int depth) {
        if (depth > k_deepest_nesting) {
            return too_deep(*opening);
        }
        std::vector<Word> words;
        while (true) {
            cursor_.skip_space();
            const Place place = cursor_.place();
            if (cursor_.at_end() || cursor_.peek() == '}') {
                return end_of_block(words, opening);
            }
            std::optional<SyntaxFault> fault;
            if (cursor_.peek() == '#') {
                cursor_.skip_line();
            } else if (cursor_.peek() != ';' && cursor_.peek() != '{') {
                fault = read_nginx_word(cursor_, words.emplace_back());
            } else if (words.empty()) {
                return SyntaxFault{place, std::string("unexpected ") + cursor_.peek()};
            } else {
                fault = end_of_directive(into.emplace_back(), words, depth);
            }
            if (fault) {
                return fault;
            }
        }
    }

  private:
    // Over the ";", or over the block.
    std::optional<SyntaxFault> end_of_directive(Directive& made, std::vector<Word>& words,
                                                int depth) {
        const Place place = cursor_.place();
        made.words.swap(words);
        if (cursor_.take(";")) {
            return std::nullopt;
        }
        if (made.words.front().text.ends_with("_by_lua_block")) {
            return skip_lua_block(cursor_);
        }
        cursor_.step();
        return block(made.block, place, depth + 1);
    }

    std::optional<SyntaxFault> end_of_block(const std::vector<Word>& words,
                                            const std::optional<Place>& opening) {
        if (!words.empty()) {
            return SyntaxFault{words.front().place, "there is no ; at the end of this"};
        }
        return end_braces(cursor_, opening);
    }

    Cursor cursor_;
};

} // namespace

Parsed parse_nginx(const Text& text) {
    return parse_whole(text,
                       [&](Tree& tree) { return NginxParser(text).block(tree, std::nullopt, 0); });
}

} // namespace recycler::lint
