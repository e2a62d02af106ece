// SPDX-License-Identifier: MIT
#include "policies/parsing/lines.hpp"

#include "recycler/base/text/split.hpp"

#include <algorithm>

namespace policies::parsing {
namespace text = recycler::text;

Extent extent_of(std::string_view text, int line) {
    std::size_t begin = 0;
    for (int at = 1; at < line; ++at) {
        const auto end = text.find('\n', begin);
        if (end == std::string_view::npos) {
            return {text.size(), text.size()};
        }
        begin = end + 1;
    }
    return {begin, std::min(text.find('\n', begin), text.size())};
}

std::string_view line_of(std::string_view text, int line) {
    const Extent extent = extent_of(text, line);
    return text.substr(extent.begin, extent.end - extent.begin);
}

std::string_view key_of(std::string_view line) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
        return {};
    }
    const std::string_view key = text::trimmed(line.substr(0, equals));
    return text::trimmed(key.substr(key.rfind('.') + 1));
}

std::size_t value_of(std::string_view line) {
    const auto equals = line.find('=');
    return equals == std::string_view::npos ? equals : line.find_first_not_of(" \t", equals + 1);
}

namespace {

// How many more braces a line opens than it closes, outside of texts and comments.
int braces_left_open(std::string_view line) {
    int open = 0;
    char quote = '\0';
    for (std::size_t at = 0; at < line.size(); ++at) {
        const char c = line[at];
        if (quote != '\0') {
            at += quote == '"' && c == '\\' ? 1 : 0;
            quote = c == quote ? '\0' : quote;
        } else if (c == '#') {
            break;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else {
            open += c == '{' ? 1 : c == '}' ? -1 : 0;
        }
    }
    return open;
}

} // namespace

int last_line_of_braces(std::string_view text, int line) {
    std::string_view rest = text.substr(extent_of(text, line).begin);
    const std::string_view first = text::take_line(rest);
    const std::size_t value = value_of(first);
    if (value == std::string_view::npos || first[value] != '{') {
        return line;
    }
    int last = line;
    for (int open = braces_left_open(first); open > 0 && !rest.empty(); ++last) {
        const std::string_view next = text::take_line(rest);
        if (is_header(next)) {
            break;
        }
        open += braces_left_open(next);
    }
    return last;
}

bool is_header(std::string_view line) {
    const std::string_view text = text::trimmed(line.substr(0, line.find('#')));
    return text.starts_with('[') && text.find_first_of("=,\"'") == std::string_view::npos;
}

std::string section_at(std::string_view text, int line) {
    for (int above = line - 1; above > 0; --above) {
        const std::string_view shown = line_of(text, above);
        if (is_header(shown)) {
            const std::string_view name = text::trimmed(shown).substr(1);
            return std::string(text::trimmed(name.substr(0, name.find_first_of("]#"))));
        }
    }
    return {};
}

} // namespace policies::parsing
