// SPDX-License-Identifier: MIT
// A place in a text that moves forward byte by byte and knows its line and column; and what the
// syntaxes share: quoted words, the end of a block of braces, the bounds of a text.
#pragma once

#include "recycler/lint/syntax.hpp"

#include <optional>

namespace recycler::lint {

class Cursor {
  public:
    explicit Cursor(const Text& text) : rest_(text.bytes), place_{text.file} {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    // '\0' at the end.
    [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
    [[nodiscard]] std::string_view rest() const { return rest_; }
    [[nodiscard]] Place place() const { return place_; }
    // Nothing at the end.
    void step();
    void step(std::size_t count);
    // Steps over what begins with `expected`, if it is next.
    bool take(std::string_view expected);
    // Up to the end of the line, not over it.
    void skip_line();
    // Blanks and tabs; line ends too.
    void skip_blanks();
    void skip_space();

  private:
    std::string_view rest_;
    Place place_;
};

// What ends a word that nothing else ends: a blank, a line end, or the end of the text.
[[nodiscard]] bool ends_word(const Cursor& cursor);

enum class Lines { may_span, must_not_span };
// From the quote at the cursor to the same one again, appended to `into`; a backslash takes the
// byte after it as it is. The fault, if it is not closed, is at the opening quote.
std::optional<SyntaxFault> read_quoted(Cursor& cursor, std::string& into, Lines lines);

// The end of a block of braces: over its "}", or where the text ends and nothing had opened it.
std::optional<SyntaxFault> end_braces(Cursor& cursor, const std::optional<Place>& opening);

// What makes a text unfit for every parser: too long, or not a text at all.
std::optional<SyntaxFault> unfit(const Text& text);
SyntaxFault too_deep(Place place);

// The tree that `read` fills from a text that is fit.
template <typename Read>
Parsed parse_whole(const Text& text, const Read& read) {
    if (auto fault = unfit(text)) {
        return *std::move(fault);
    }
    Tree tree;
    if (auto fault = read(tree)) {
        return *std::move(fault);
    }
    return tree;
}

} // namespace recycler::lint
