// SPDX-License-Identifier: MIT
// The reader of app.keep_connections.
#include "policies/parsing/read_word.hpp"

#include <array>

namespace policies::parsing {

void keep_connections(const Value& value, KeepConnections& field) {
    constexpr std::array<std::string_view, 2> k_words{"auto", "off"};
    constexpr std::array k_values{KeepConnections::automatic, KeepConnections::off};
    if (const auto word = read_word(value, k_words)) {
        field = k_values.at(*word);
    }
}

} // namespace policies::parsing
