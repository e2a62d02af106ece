// SPDX-License-Identifier: MIT
#include "recycler/lint/cursor.hpp"

#include "recycler/base/text/characters.hpp"

namespace recycler::lint {

namespace {

// A name, a number, a variable: what stands without quotes.
bool is_bare(char byte) {
    return text::is_letter(byte) || text::is_digit(byte) || byte == '.' || byte == '_' ||
           byte == '-' || byte == '$';
}

class LighttpdParser {
  public:
    explicit LighttpdParser(const Text& text) : cursor_(text) {}

    std::optional<SyntaxFault> block(Tree& into, const std::optional<Place>& opening, int depth) {
        if (depth > k_deepest_nesting) {
            return too_deep(*opening);
        }
        while (true) {
            skip();
            if (cursor_.at_end() || cursor_.peek() == '}') {
                return end_braces(cursor_, opening);
            }
            if (auto fault = statement(into, depth)) {
                return fault;
            }
        }
    }

  private:
    void skip() {
        cursor_.skip_space();
        while (cursor_.peek() == '#') {
            cursor_.skip_line();
            cursor_.skip_space();
        }
    }

    // An assignment, an include, or a condition with its block.
    std::optional<SyntaxFault> statement(Tree& into, int depth) {
        const Place place = cursor_.place();
        Directive made;
        if (auto fault = bare(made.words.emplace_back())) {
            return fault;
        }
        skip();
        const std::string name = made.words.front().text;
        const bool adds = cursor_.take("+=");
        const bool assigns = adds || cursor_.take(":=") || cursor_.take("=");
        if (assigns || name.starts_with("include")) {
            auto fault = value(made, 0);
            if (adds && made.words.size() > 1) {
                made.words[1].text.insert(0, variable(name));
            }
            into.push_back(std::move(made));
            return fault;
        }
        if (opens_lighttpd_condition(name)) {
            into.push_back(std::move(made));
            return condition(into.back(), depth);
        }
        return SyntaxFault{place, "no = after " + name};
    }

    // The rest of the condition is not looked at, the block is read whatever it is about.
    std::optional<SyntaxFault> condition(Directive& made, int depth) {
        while (!cursor_.at_end() && cursor_.peek() != '{') {
            if (cursor_.peek() == '"' || cursor_.peek() == '\'') {
                std::string quoted;
                if (auto fault = read_quoted(cursor_, quoted, Lines::must_not_span)) {
                    return fault;
                }
            } else {
                cursor_.step();
            }
            skip();
        }
        const Place opening = cursor_.place();
        if (!cursor_.take("{")) {
            return SyntaxFault{made.words.front().place, "there is no { after the condition"};
        }
        return block(made.block, opening, depth + 1);
    }

    std::optional<SyntaxFault> bare(Word& word) {
        word.place = cursor_.place();
        while (is_bare(cursor_.peek())) {
            word.text += cursor_.peek();
            cursor_.step();
        }
        if (word.text.empty()) {
            return SyntaxFault{word.place, cursor_.at_end()
                                               ? "the text ends where a value is expected"
                                               : "a name or value is expected here"};
        }
        return std::nullopt;
    }

    // Parts joined by "+": the items of lists one after another, and texts. A number behind a "+"
    // keeps it, for a sum of numbers is a number.
    std::optional<SyntaxFault> value(Directive& into, int depth) {
        bool more = true;
        while (more) {
            skip();
            std::optional<SyntaxFault> fault;
            if (cursor_.peek() == '(') {
                fault = list(into.block, depth + 1);
            } else {
                Word part;
                const bool is_number = text::is_digit(cursor_.peek());
                fault = scalar(part);
                join(into, std::move(part), is_number);
            }
            if (fault) {
                return fault;
            }
            skip();
            more = cursor_.rest().substr(0, 2) != "+=" && cursor_.take("+");
        }
        return std::nullopt;
    }

    std::optional<SyntaxFault> scalar(Word& word) {
        word.place = cursor_.place();
        if (cursor_.peek() == '"' || cursor_.peek() == '\'') {
            return read_quoted(cursor_, word.text, Lines::must_not_span);
        }
        const bool is_number = text::is_digit(cursor_.peek()) || cursor_.peek() == '-';
        auto fault = bare(word);
        word.text = fault || is_number ? word.text : variable(word.text);
        return fault;
    }

    static std::string variable(const std::string& name) { return "${" + name + "}"; }

    static void join(Directive& into, Word part, bool is_number) {
        if (into.words.size() < 2) {
            into.words.push_back(std::move(part));
        } else {
            into.words.back().text += (is_number ? "+" : "") + part.text;
        }
    }

    std::optional<SyntaxFault> list(Tree& into, int depth) {
        const Place opening = cursor_.place();
        if (depth > k_deepest_nesting) {
            return too_deep(opening);
        }
        cursor_.step();
        while (true) {
            skip();
            if (cursor_.take(")")) {
                return std::nullopt;
            }
            if (cursor_.at_end()) {
                return SyntaxFault{opening, "the ( is never closed"};
            }
            if (auto fault = item(into, depth)) {
                return fault;
            }
            skip();
            if (!cursor_.at_end() && !cursor_.take(",") && cursor_.peek() != ')') {
                return SyntaxFault{cursor_.place(),
                                   "there is no , or ) after this item of the list"};
            }
        }
    }

    std::optional<SyntaxFault> item(Tree& into, int depth) {
        Directive made;
        made.words.push_back({"", cursor_.place()});
        if (auto fault = value(made, depth)) {
            return fault;
        }
        skip();
        if (cursor_.take("=>")) {
            if (made.words.size() > 1) {
                made.words.erase(made.words.begin()); // its value is the key
            }
            made.block.clear();
            if (auto fault = value(made, depth)) {
                return fault;
            }
        }
        into.push_back(std::move(made));
        return std::nullopt;
    }

    Cursor cursor_;
};

} // namespace

bool opens_lighttpd_condition(std::string_view word) {
    return word.starts_with('$') || word == "if" || word == "else" || word == "elif" ||
           word == "elsif" || word == "elseif" || word == "global";
}

Parsed parse_lighttpd(const Text& text) {
    return parse_whole(
        text, [&](Tree& tree) { return LighttpdParser(text).block(tree, std::nullopt, 0); });
}

} // namespace recycler::lint
