// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace recycler::ctl {

namespace {

// One character of UTF-8, or one byte that is none.
struct Character {
    std::string_view bytes;
    char32_t code = 0;
    enum class Kind { character, broken } kind = Kind::broken;
};

std::size_t announced_length(unsigned char lead) {
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead < 0xe0) {
        return 2;
    }
    if (lead >= 0xe0 && lead < 0xf0) {
        return 3;
    }
    return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

Character first_of(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = announced_length(lead);
    const Character broken{text.substr(0, 1), 0, Character::Kind::broken};
    if (length == 0 || length > text.size()) {
        return broken;
    }
    constexpr std::array<unsigned char, 5> k_lead_bits{0, 0x7f, 0x1f, 0x0f, 0x07};
    char32_t code = lead & k_lead_bits[length];
    for (std::size_t i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xc0) != 0x80) {
            return broken;
        }
        code = (code << 6) | (byte & 0x3fu);
    }
    // Longer than needed, half of a surrogate pair, or beyond Unicode.
    constexpr std::array<char32_t, 5> k_least{0, 0, 0x80, 0x800, 0x10000};
    if (code < k_least[length] || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff) {
        return broken;
    }
    return {text.substr(0, length), code, Character::Kind::character};
}

// Moves the cursor, starts an escape sequence, or turns the direction of writing.
bool is_unsafe(char32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200e && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

std::string escaped(const Character& character) {
    char text[16];
    if (character.kind == Character::Kind::broken) {
        (void)std::snprintf(text, sizeof text, "\\x%02x",
                            static_cast<unsigned>(static_cast<unsigned char>(character.bytes[0])));
    } else if (character.code == '\n') {
        return "\\n";
    } else if (character.code == '\t') {
        return "\\t";
    } else if (character.code < 0x80) {
        (void)std::snprintf(text, sizeof text, "\\x%02x", static_cast<unsigned>(character.code));
    } else {
        (void)std::snprintf(text, sizeof text, "\\u%04x", static_cast<unsigned>(character.code));
    }
    return text;
}

// The first `width` characters.
std::string_view head_of(std::string_view text, std::size_t width) {
    std::size_t end = 0;
    for (std::size_t i = 0; i < width && end < text.size(); ++i) {
        end += first_of(text.substr(end)).bytes.size();
    }
    return text.substr(0, end);
}

} // namespace

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character character = first_of(text);
        if (character.kind == Character::Kind::broken || is_unsafe(character.code)) {
            out += escaped(character);
        } else {
            out += character.bytes;
        }
        text.remove_prefix(character.bytes.size());
    }
    return out;
}

std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        text.remove_prefix(first_of(text).bytes.size());
        ++width;
    }
    return width;
}

std::string clipped(std::string_view text, std::size_t width) {
    if (width_of(text) <= width) {
        return std::string(text);
    }
    constexpr std::string_view k_cut = "...";
    if (width <= k_cut.size()) {
        return std::string(k_cut.substr(0, width));
    }
    return std::string(head_of(text, width - k_cut.size())) + std::string(k_cut);
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
    text.remove_prefix(head_of(text, whole - (width - k_cut.size())).size());
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
        std::string_view line = head_of(text, width);
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

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
    std::string text;
    for (const std::string& part : parts) {
        if (!text.empty()) {
            text += separator;
        }
        text += part;
    }
    return text;
}

std::string short_size(Bytes size) {
    constexpr std::string_view k_units = "BKMGTPE";
    double amount = static_cast<double>(size.count);
    std::size_t unit = 0;
    // 999.5 would be printed with four digits.
    while (amount >= 999.5 && unit + 1 < k_units.size()) {
        amount /= 1024;
        ++unit;
    }
    char text[32];
    const int decimals = unit > 0 && amount < 9.95 ? 1 : 0;
    (void)std::snprintf(text, sizeof text, "%.*f%c", decimals, amount, k_units[unit]);
    return text;
}

std::string short_span(Duration span) {
    using namespace std::chrono;
    const auto seconds_in = duration_cast<seconds>(span).count();
    if (seconds_in < 60) {
        return std::to_string(seconds_in) + "s";
    }
    if (seconds_in < 3600) {
        return std::to_string(seconds_in / 60) + "m";
    }
    if (seconds_in < std::int64_t{48} * 3600) {
        return std::to_string(seconds_in / 3600) + "h";
    }
    return std::to_string(seconds_in / 86400) + "d";
}

std::string long_span(Duration span) {
    using namespace std::chrono;
    const auto whole = duration_cast<seconds>(span).count();
    if (whole < 10) {
        char text[32];
        (void)std::snprintf(text, sizeof text, "%.1f s", duration<double>(span).count());
        return text;
    }
    const auto pair = [](std::int64_t large, const char* large_unit, std::int64_t small,
                         const char* small_unit) {
        std::string text = std::to_string(large) + large_unit;
        return small == 0 ? text : text + " " + std::to_string(small) + small_unit;
    };
    if (whole < 60) {
        return std::to_string(whole) + " s";
    }
    if (whole < 3600) {
        return pair(whole / 60, " min", whole % 60, " s");
    }
    if (whole < std::int64_t{48} * 3600) {
        return pair(whole / 3600, " h", whole / 60 % 60, " min");
    }
    return pair(whole / 86400, " d", whole / 3600 % 24, " h");
}

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t i = text.size(); i > 3; i -= 3) {
        text.insert(i - 3, 1, ',');
    }
    return text;
}

std::string counted(std::uint64_t number, const std::string& one) {
    return grouped(number) + " " + one + (number == 1 ? "" : "s");
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
