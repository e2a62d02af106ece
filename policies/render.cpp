// SPDX-License-Identifier: MIT
#include "policies/parse.hpp"
#include "policies/parsing/printable.hpp"

#include <algorithm>

namespace policies {
namespace {

using parsing::printable;

// Wider lines are shown in part: a fault is read on a terminal.
constexpr std::size_t k_widest_line = 160;

std::string_view line_of(std::string_view text, int line) {
    for (int at = 1; at < line; ++at) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) {
            return {};
        }
        text.remove_prefix(end + 1);
    }
    text = text.substr(0, text.find('\n'));
    return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
}

bool starts_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
}

// Where so many characters of UTF-8 end; the end of a shorter text.
std::size_t end_of(std::string_view text, std::size_t count) {
    std::size_t characters = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (starts_character(text[i]) && characters++ == count) {
            return i;
        }
    }
    return text.size();
}

// What begins at `column`: a text with its quotes, a list or table up to its bracket, or a bare
// word.
std::string_view token_at(std::string_view line, std::size_t column) {
    const std::string_view from = line.substr(end_of(line, column - 1));
    const auto opening =
        from.empty() ? std::string_view::npos : std::string_view("\"'[{").find(from.front());
    if (opening == std::string_view::npos) {
        return from.substr(0, from.find_first_of(" \t=,]}#"));
    }
    const auto closing = from.find("\"']}"[opening], 1);
    return from.substr(0, closing == std::string_view::npos ? 1 : closing + 1);
}

// "^~~~" below all of it, and at least "^".
std::string mark(std::string_view token) {
    const auto characters = std::count_if(token.begin(), token.end(), starts_character);
    return "^" + std::string(static_cast<std::size_t>(std::max<long>(characters, 1) - 1), '~');
}

std::string block(const Fault& fault, std::string_view file, std::string_view text) {
    std::string result = printable(file) + ":" + std::to_string(fault.line) + ":" +
                         std::to_string(fault.column) + ": ";
    if (!fault.key.empty()) {
        result += printable(fault.key) + ": ";
    }
    result += printable(fault.reason) + "\n";
    const std::string number = std::to_string(fault.line);
    const std::string margin(number.size() + 2, ' ');
    std::string line = printable(line_of(text, fault.line));
    line.resize(end_of(line, k_widest_line));
    if (!line.empty()) {
        const auto column = static_cast<std::size_t>(std::max(fault.column, 1));
        result += " " + number + " | " + line + "\n" + margin + "| ";
        if (column <= k_widest_line) {
            result += std::string(column - 1, ' ') + mark(token_at(line, column));
        }
        result += "\n";
    }
    if (!fault.suggestion.empty()) {
        result += margin + "= " + printable(fault.suggestion) + "\n";
    }
    return result;
}

} // namespace

std::string render(const std::vector<Fault>& faults, std::string_view file, std::string_view text) {
    std::string result;
    for (const Fault& fault : faults) {
        result += block(fault, file, text);
    }
    return result;
}

} // namespace policies
