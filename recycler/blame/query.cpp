// SPDX-License-Identifier: MIT
#include "recycler/blame/query.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/blame/hash.hpp"

#include <algorithm>
#include <optional>

namespace recycler::blame {

namespace {

constexpr std::size_t k_longest_value = 32;
constexpr std::size_t k_most_values = 64; // of all names together

// The first parameter of that name; nullopt: there is none.
std::optional<std::string_view> value_of_parameter(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find_first_of("&;"));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (text::lowered(pair.substr(0, equals)) == text::lowered(name)) {
            return pair.substr(std::min(pair.size(), equals + 1));
        }
    }
    return std::nullopt;
}

std::string_view query_in(std::string_view uri) {
    uri = uri.substr(0, uri.find('#'));
    const std::size_t mark = uri.find('?');
    return mark == std::string_view::npos ? "" : uri.substr(mark + 1);
}

} // namespace

std::string Query::shown(const std::string& name, std::string_view value) {
    if (value.size() > k_longest_value || text::is_all_digits(value)) {
        return "*";
    }
    const std::uint32_t hash = hash_of(value, hash_of(name));
    const auto at = std::ranges::lower_bound(seen_, hash);
    if (at == seen_.end() || *at != hash) {
        if (seen_.size() >= k_most_values) {
            return "*";
        }
        seen_.insert(at, hash);
    }
    return std::string(value);
}

std::string Query::of(std::string_view uri, const std::vector<std::string>& names) {
    const std::string_view query = query_in(uri);
    std::string out;
    for (const std::string& name : names) {
        if (const auto value = value_of_parameter(query, name)) {
            out += out.empty() ? "?" : "&";
            out += name;
            out += "=" + shown(name, *value);
        }
    }
    return out;
}

} // namespace recycler::blame
