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

// Cuts off all after `count` characters of UTF-8.
void cut_after(std::string& text, std::size_t count) {
    std::size_t characters = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool starts = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
        if (starts && characters++ == count) {
            text.resize(i);
            return;
        }
    }
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
    cut_after(line, k_widest_line);
    if (!line.empty()) {
        const auto column = static_cast<std::size_t>(std::max(fault.column, 1));
        result += " " + number + " | " + line + "\n" + margin + "| ";
        if (column <= k_widest_line) {
            result += std::string(column - 1, ' ') + "^";
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
