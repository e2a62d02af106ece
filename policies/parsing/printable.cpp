// SPDX-License-Identifier: MIT
#include "policies/parsing/printable.hpp"

namespace policies::parsing {
namespace {

constexpr std::size_t k_longest_quote = 60;

} // namespace

std::size_t character_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) {
        return lead >= 0x20 && lead != 0x7f ? 1 : 0;
    }
    const std::size_t length = lead >= 0xc2 && lead < 0xe0   ? 2
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (length == 0 || text.size() < length) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) {
            return 0;
        }
    }
    // Overlong forms, surrogates, what lies beyond Unicode, and the C1 controls that some terminals
    // obey.
    const bool bad = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) ||
                     (lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f) ||
                     (lead == 0xc2 && byte(1) < 0xa0);
    return bad ? 0 : length;
}

std::string printable(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        if (length == 0) {
            result += text.front() == '\t' ? ' ' : '?';
            text.remove_prefix(1);
        } else {
            result += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return result;
}

std::string quoted(std::string_view text) {
    std::string result;
    for (std::size_t characters = 0; !text.empty(); ++characters) {
        if (characters == k_longest_quote) {
            return "\"" + result + "...\"";
        }
        const std::size_t length = character_length(text);
        result += length == 0 ? "?" : std::string(text.substr(0, length));
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return "\"" + result + "\"";
}

} // namespace policies::parsing
