// SPDX-License-Identifier: MIT
#include "policies/parse.hpp"
#include "policies/parsing/lines.hpp"
#include "recycler/base/text/escape.hpp"
#include "recycler/base/text/utf8.hpp"

#include <algorithm>

namespace policies {
namespace text = recycler::text;
namespace {

// Wider lines are shown in part: a fault is read on a terminal.
constexpr std::size_t k_widest_line = 160;

std::string_view shown_line(std::string_view text, int line) {
    text = parsing::line_of(text, line);
    return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
}

// What begins at `column`: a text with its quotes, a list or table up to its bracket, or a bare
// word.
std::string_view token_at(std::string_view line, std::size_t column) {
    const std::string_view from = line.substr(text::head_of(line, column - 1).size());
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
    return "^" + std::string(std::max<std::size_t>(text::width_of(token), 1) - 1, '~');
}

std::string block(const Fault& fault, std::string_view file, std::string_view text) {
    std::string result = text::masked(file) + ":" + std::to_string(fault.line) + ":" +
                         std::to_string(fault.column) + ": ";
    if (!fault.key.empty()) {
        result += text::masked(fault.key) + ": ";
    }
    result += text::masked(fault.reason) + "\n";
    const std::string number = std::to_string(fault.line);
    const std::string margin(number.size() + 2, ' ');
    std::string line = text::masked(shown_line(text, fault.line));
    line.resize(text::head_of(line, k_widest_line).size());
    if (!line.empty()) {
        const auto column = static_cast<std::size_t>(std::max(fault.column, 1));
        result += " " + number + " | " + line + "\n" + margin + "| ";
        if (column <= k_widest_line) {
            result += std::string(column - 1, ' ') + mark(token_at(line, column));
        }
        result += "\n";
    }
    if (!fault.suggestion.empty()) {
        result += margin + "= " + text::masked(fault.suggestion) + "\n";
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
