// SPDX-License-Identifier: MIT
// The reader of app.keep_connections.
#include "policies/parsing/values.hpp"
#include "policies/parsing/words.hpp"

#include <array>

namespace policies::parsing {

void keep_connections(const Value& value, KeepConnections& field) {
    constexpr std::array<std::string_view, 2> k_words{"auto", "off"};
    const auto text = read_text(value);
    if (text && *text != k_words[0] && *text != k_words[1]) {
        value.refuse(unknown_word(*text, k_words));
    } else if (text) {
        field = *text == "off" ? KeepConnections::off : KeepConnections::automatic;
    }
}

} // namespace policies::parsing
