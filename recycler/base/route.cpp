// SPDX-License-Identifier: MIT
#include "recycler/base/route.hpp"

#include "recycler/base/text/characters.hpp"

#include <algorithm>
#include <cstddef>

namespace recycler {

namespace {

constexpr std::size_t k_longest_part = 40;
constexpr std::size_t k_most_parts = 8;
constexpr std::size_t k_shortest_hex_id = 8;

bool is_id(std::string_view part) {
    if (part.size() > k_longest_part) {
        return true;
    }
    if (!std::ranges::any_of(part, text::is_digit)) {
        return false;
    }
    return std::ranges::all_of(part, text::is_digit) ||
           (part.size() >= k_shortest_hex_id &&
            std::ranges::all_of(part, [](char c) { return text::is_hex(c) || c == '-'; }));
}

} // namespace

std::string route_of(std::string_view uri) {
    std::string_view rest = uri.substr(0, uri.find_first_of("?#;"));
    std::string route;
    for (std::size_t parts = 0; !rest.empty(); ++parts) {
        if (parts > k_most_parts) {
            return route + "...";
        }
        const std::size_t end = rest.find('/');
        const std::string_view part = rest.substr(0, end);
        route += is_id(part) ? "*" : std::string(part);
        if (end == std::string_view::npos) {
            break;
        }
        route += '/';
        rest.remove_prefix(end + 1);
    }
    return route;
}

} // namespace recycler
