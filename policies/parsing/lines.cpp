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
