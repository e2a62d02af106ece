// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/text.hpp"

#include "recycler/base/text/utf8.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace recycler::ctl {

std::string clipped(std::string_view text, std::size_t width) {
    if (width_of(text) <= width) {
        return std::string(text);
    }
    constexpr std::string_view k_cut = "...";
    if (width <= k_cut.size()) {
        return std::string(k_cut.substr(0, width));
    }
    return std::string(text::head_of(text, width - k_cut.size())) + std::string(k_cut);
}

std::string clipped_front(std::string_view text, std::size_t width) {
    const std::size_t whole = width_of(text);
    if (whole <= width) {
        return std::string(text);
    }
    constexpr std::string_view k_cut = "...";
    if (width <= k_cut.size()) {
        return std::string(k_cut.substr(0, width));
    }
    text.remove_prefix(text::head_of(text, whole - (width - k_cut.size())).size());
    return std::string(k_cut) + std::string(text);
}

std::string padded(std::string text, std::size_t width, Align align) {
    const std::size_t present = width_of(text);
    if (present < width) {
        text.insert(align == Align::left ? text.size() : 0, width - present, ' ');
    }
    return text;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    width = std::max<std::size_t>(width, 1);
    std::vector<std::string> lines;
    while (width_of(text) > width) {
        std::string_view line = text::head_of(text, width);
        const bool ends_word = text[line.size()] == ' ';
        const std::size_t space = line.rfind(' ');
        if (!ends_word && space != std::string_view::npos && space > 0) {
            line = line.substr(0, space);
        }
        lines.emplace_back(line);
        text.remove_prefix(line.size());
        if (!text.empty() && text.front() == ' ') {
            text.remove_prefix(1);
        }
    }
    if (!text.empty() || lines.empty()) {
        lines.emplace_back(text);
    }
    return lines;
}

std::string clock_text(WallTime time) {
    using namespace std::chrono;
    const auto whole = floor<seconds>(time);
    const hh_mm_ss clock{whole - floor<days>(whole)};
    char text[48];
    (void)std::snprintf(
        text, sizeof text, "%02d:%02d:%02d UTC", static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    return text;
}

std::string date_text(WallTime time) {
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
    char text[48];
    (void)std::snprintf(text, sizeof text, "%04d-%02u-%02u ", static_cast<int>(date.year()),
                        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return text + clock_text(time);
}

} // namespace recycler::ctl
