// SPDX-License-Identifier: MIT
#include "recycler/base/text/characters.hpp"
#include "recycler/lint/cursor.hpp"
#include "recycler/lint/words.hpp"

namespace recycler::lint {

namespace {

// A backslash at the end of a line joins the next one to it.
bool take_continuation(Cursor& cursor) {
    return cursor.take("\\\n") || cursor.take("\\\r\n");
}

std::optional<SyntaxFault> read_apache_word(Cursor& cursor, Word& word) {
    word.place = cursor.place();
    if (cursor.peek() == '"' || cursor.peek() == '\'') {
        return read_quoted(cursor, word.text, Lines::must_not_span);
    }
    while (!ends_word(cursor)) {
        if (take_continuation(cursor)) {
            continue;
        }
        word.text += cursor.peek();
        cursor.step();
    }
    return std::nullopt;
}

std::optional<SyntaxFault> read_apache_line(Cursor& cursor, std::vector<Word>& words) {
    while (true) {
        cursor.skip_blanks();
        if (take_continuation(cursor)) {
            continue;
        }
        if (cursor.at_end() || cursor.peek() == '\n') {
            return std::nullopt;
        }
        if (words.empty() && cursor.peek() == '#') {
            // A comment, too, goes on after a backslash.
            while (!cursor.at_end() && cursor.peek() != '\n') {
                if (!take_continuation(cursor)) {
                    cursor.step();
                }
            }
            return std::nullopt;
        }
        if (auto fault = read_apache_word(cursor, words.emplace_back())) {
            return fault;
        }
    }
}

// The ">" at the end of "<Proxy ...>", "<Proxy "...">" or "<Proxy ... >".
std::optional<SyntaxFault> close_head(std::vector<Word>& words) {
    Word& last = words.back();
    if (!last.text.ends_with('>')) {
        return SyntaxFault{words.front().place, "the line begins with < and does not end with >"};
    }
    last.text.pop_back();
    if (last.text.empty()) {
        words.pop_back();
    }
    return std::nullopt;
}

class ApacheParser {
  public:
    explicit ApacheParser(const Text& text) : cursor_(text) {}

    std::optional<SyntaxFault> block(Tree& into, const Word* head) {
        while (!cursor_.at_end()) {
            Directive line;
            if (auto fault = read_apache_line(cursor_, line.words)) {
                return fault;
            }
            cursor_.step(); // over the line's end
            if (line.words.empty()) {
                continue;
            }
            const bool opens = line.words.front().text.starts_with('<');
            if (auto fault = opens ? close_head(line.words) : std::nullopt) {
                return fault;
            }
            if (!line.words.empty() && line.words.front().text.starts_with("</")) {
                return end_of_block(line.words.front(), head);
            }
            if (line.words.empty()) {
                continue;
            }
            into.push_back(std::move(line));
            if (auto fault = opens ? inner(into.back()) : std::nullopt) {
                return fault;
            }
        }
        return head != nullptr
                   ? std::optional(SyntaxFault{head->place, "the section is never closed"})
                   : std::nullopt;
    }

  private:
    std::optional<SyntaxFault> inner(Directive& section) {
        if (depth_ == k_deepest_nesting) {
            return too_deep(section.words.front().place);
        }
        ++depth_;
        auto fault = block(section.block, &section.words.front());
        --depth_;
        return fault;
    }

    static std::optional<SyntaxFault> end_of_block(const Word& end, const Word* head) {
        if (head == nullptr ||
            text::lowered(end.text.substr(2)) != text::lowered(head->text.substr(1))) {
            return SyntaxFault{end.place, end.text + "> closes a section that is not open"};
        }
        return std::nullopt;
    }

    Cursor cursor_;
    int depth_ = 0;
};

} // namespace

Parsed parse_apache(const Text& text) {
    return parse_whole(text, [&](Tree& tree) { return ApacheParser(text).block(tree, nullptr); });
}

} // namespace recycler::lint
