// SPDX-License-Identifier: MIT
#include "policies/parsing/characters.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/escape.hpp"

#include <algorithm>

namespace policies::parsing {
namespace text = recycler::text;
namespace {

// Where in the text a character stands: `basic` is text in double quotes, `literal` in single ones;
// the long forms may span lines. A `number` is whatever begins with a digit or a sign: toml++ reads
// across quotes in it to where a value may end. A `word` is any other bare one.
enum class Place { plain, word, number, comment, basic, literal, long_basic, long_literal };

// A place, and how many bytes lead to it.
struct Step {
    Place place;
    std::size_t bytes;
};

bool begins_word(char character) {
    return text::is_letter(character) || character == '_';
}

bool begins_number(char character) {
    return text::is_digit(character) || character == '+' || character == '-';
}

bool ends_value(char character) {
    return std::string_view(" \t\r\n],}").find(character) != std::string_view::npos;
}

Step from_plain(std::string_view rest) {
    if (rest.starts_with("\"\"\"")) {
        return {Place::long_basic, 3};
    }
    if (rest.starts_with("'''")) {
        return {Place::long_literal, 3};
    }
    switch (rest.front()) {
    case '"':
        return {Place::basic, 1};
    case '\'':
        return {Place::literal, 1};
    case '#':
        return {Place::comment, 1};
    default:
        return {begins_word(rest.front())     ? Place::word
                : begins_number(rest.front()) ? Place::number
                                              : Place::plain,
                1};
    }
}

// Long text may end in one or two quotes of its own, before the three that close it.
Step from_long(std::string_view rest, Place place, char quote) {
    const auto quotes = std::min(rest.find_first_not_of(quote), rest.size());
    return quotes < 3 ? Step{place, 1} : Step{Place::plain, std::min<std::size_t>(quotes, 5)};
}

// One step over ASCII. What it makes of broken TOML does not matter: toml++ reads no further than
// where it breaks.
Step step(std::string_view rest, Place place) {
    const char front = rest.front();
    const bool escape = front == '\\' && rest.size() > 1 && (rest[1] == '"' || rest[1] == '\\');
    switch (place) {
    case Place::plain:
        return from_plain(rest);
    case Place::word:
        return begins_number(front) ? Step{place, 1} : from_plain(rest);
    case Place::number:
        return front == '#' ? Step{Place::comment, 1}
                            : Step{ends_value(front) ? Place::plain : place, 1};
    case Place::comment:
        return {front == '\n' ? Place::plain : place, 1};
    case Place::basic:
        return escape ? Step{place, 2}
                      : Step{front == '"' || front == '\n' ? Place::plain : place, 1};
    case Place::literal:
        return {front == '\'' || front == '\n' ? Place::plain : place, 1};
    case Place::long_basic:
        return escape ? Step{place, 2} : from_long(rest, place, '"');
    case Place::long_literal:
        return from_long(rest, place, '\'');
    }
    return {place, 1};
}

bool may_be_beyond_ascii(Place place) {
    return place == Place::comment || place == Place::basic || place == Place::literal;
}

std::string_view why_bad(unsigned char byte) {
    return byte < 0x20 || byte == 0x7f || byte == 0xc2 ? "here is a control character"
                                                       : "this is not UTF-8";
}

} // namespace

std::optional<Fault> find_bad_character(std::string_view text) {
    int line = 1;
    int column = 1;
    Place place = Place::plain;
    if (text.starts_with("\xef\xbb\xbf")) { // a byte order mark
        text.remove_prefix(3);
    }
    while (!text.empty()) {
        const char front = text.front();
        const bool blank = front == '\t' || front == '\n' || text.starts_with("\r\n");
        const std::size_t length = blank ? 1 : text::shown_length(text);
        if (length == 0) {
            const auto why = std::string(why_bad(static_cast<unsigned char>(front)));
            return Fault{line, column, "", "this is not TOML: " + why, ""};
        }
        if (length > 1 && !may_be_beyond_ascii(place)) {
            return Fault{line, column, "",
                         "this is not TOML: " + text::quoted(text.substr(0, length)) +
                             " is allowed only in comments and in text on one line",
                         ""};
        }
        const Step taken = length > 1 ? Step{place, length} : step(text, place);
        place = taken.place;
        column = front == '\n' ? 1 : column + static_cast<int>(length > 1 ? 1 : taken.bytes);
        line += front == '\n' ? 1 : 0;
        text.remove_prefix(taken.bytes);
    }
    return std::nullopt;
}

} // namespace policies::parsing
