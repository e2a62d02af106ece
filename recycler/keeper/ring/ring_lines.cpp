// SPDX-License-Identifier: MIT
#include "recycler/keeper/ring/ring_reader.hpp"

#include <algorithm>

namespace recycler::keeper {

std::vector<std::string> last_lines(std::span<const char> bytes, std::uint64_t cut,
                                    TailBounds bounds) {
    std::string_view rest{bytes.data(), bytes.size()};
    if (rest.ends_with('\n')) {
        rest.remove_suffix(1);
    } else if (rest.empty()) {
        return {};
    }
    std::vector<std::string> lines;
    while (lines.size() < bounds.lines) {
        const std::size_t newline = rest.rfind('\n');
        const bool is_first = newline == std::string_view::npos;
        if (is_first && cut > 0 && !lines.empty()) {
            break;
        }
        lines.emplace_back(rest.substr(is_first ? 0 : newline + 1).substr(0, bounds.line_length));
        if (is_first) {
            break;
        }
        rest = rest.substr(0, newline);
    }
    std::ranges::reverse(lines);
    return lines;
}

} // namespace recycler::keeper
