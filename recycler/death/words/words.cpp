// SPDX-License-Identifier: MIT
#include "recycler/death/words/words.hpp"

#include <array>
#include <cstdio>
#include <cstring>

namespace recycler::death {
namespace {

// "57.3" and "256", never "256.0".
std::string one_decimal(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f", value);
    std::string out = text.data();
    return out.ends_with(".0") ? out.substr(0, out.size() - 2) : out;
}

std::string two_units(std::int64_t large, const char* large_unit, std::int64_t small,
                      const char* small_unit) {
    std::string out = std::to_string(large) + large_unit;
    if (small > 0) {
        out += " " + std::to_string(small) + small_unit;
    }
    return out;
}

} // namespace

std::string in_words(Bytes amount) {
    constexpr std::array units{" B", " KiB", " MiB", " GiB", " TiB"};
    auto value = static_cast<double>(amount.count);
    std::size_t unit = 0;
    // 1023.95 would be shown as 1024 of the smaller unit.
    while (value >= 1023.95 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    return one_decimal(value) + units[unit];
}

std::string in_words(Duration span) {
    const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(span).count();
    if (seconds < 1) {
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), "%.2fs", static_cast<double>(span.count()) / 1e9);
        return text.data();
    }
    if (seconds < 60) {
        return one_decimal(static_cast<double>(span.count()) / 1e9) + "s";
    }
    if (seconds < 3600) {
        return two_units(seconds / 60, "min", seconds % 60, "s");
    }
    if (seconds < 86400) {
        return two_units(seconds / 3600, "h", seconds % 3600 / 60, "min");
    }
    return two_units(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

std::string requests_in_words(std::uint64_t count) {
    return std::to_string(count) + (count == 1 ? " request" : " requests");
}

std::string signal_name(int signal) {
    const char* name = ::sigabbrev_np(signal);
    return name == nullptr ? "signal " + std::to_string(signal) : std::string("SIG") + name;
}

std::string errno_name(int error) {
    const char* name = ::strerrorname_np(error);
    const char* description = ::strerrordesc_np(error);
    if (error == 0 || name == nullptr || description == nullptr) {
        return "error " + std::to_string(error);
    }
    return std::string(name) + " (" + description + ")";
}

std::string printable(std::string_view text, std::size_t longest) {
    std::string out;
    for (const char c : text.substr(0, longest)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\\') {
            out += "\\\\";
        } else if (byte >= 0x20 && byte < 0x7f) {
            out += c;
        } else {
            std::array<char, 8> escaped{};
            std::snprintf(escaped.data(), escaped.size(), "\\x%02x", static_cast<unsigned>(byte));
            out += escaped.data();
        }
    }
    return text.size() > longest ? out + "..." : out;
}

} // namespace recycler::death
