// SPDX-License-Identifier: MIT
#include "recycler/base/route.hpp"

#include <algorithm>
#include <cstddef>

namespace recycler {

namespace {

constexpr std::size_t k_longest_part = 40;
constexpr std::size_t k_most_parts = 8;
constexpr std::size_t k_shortest_hex_id = 8;

// By hand: the functions of <cctype> ask the locale.
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_id(std::string_view part) {
    if (part.size() > k_longest_part) {
        return true;
    }
    if (!std::ranges::any_of(part, is_digit)) {
        return false;
    }
    return std::ranges::all_of(part, is_digit) ||
           (part.size() >= k_shortest_hex_id &&
            std::ranges::all_of(part, [](char c) { return is_hex(c) || c == '-'; }));
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
