// SPDX-License-Identifier: MIT
#include "tests/support/recorded.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace recycler::testing {

namespace {

constexpr std::size_t k_bytes_a_line = 32;

[[noreturn]] void give_up(const std::string& name) {
    (void)std::fprintf(stderr, "tests/recorded/%s cannot be read\n", name.c_str());
    std::abort();
}

std::string eight_digits(std::size_t number) {
    std::array<char, 17> text{};
    (void)std::snprintf(text.data(), text.size(), "%08zx", number);
    return text.data();
}

} // namespace

std::map<std::string, std::vector<std::byte>> recorded_lines(const std::string& name) {
    std::ifstream file(std::string(RECYCLER_SOURCE_DIR "/tests/recorded/") + name);
    std::map<std::string, std::vector<std::byte>> lines;
    std::string word;
    std::string digits;
    while (file >> word >> digits) {
        std::vector<std::byte>& bytes = lines[word];
        for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
            bytes.push_back(static_cast<std::byte>(std::stoul(digits.substr(i, 2), nullptr, 16)));
        }
    }
    if (lines.empty() || !file.eof()) {
        give_up(name);
    }
    return lines;
}

std::vector<std::byte> recorded_file(const std::string& name) {
    auto lines = recorded_lines(name);
    std::uint64_t size = 0;
    std::memcpy(&size, lines.at("size").data(), std::min(lines.at("size").size(), sizeof size));
    lines.erase("size");
    std::vector<std::byte> file(size);
    for (const auto& [offset, bytes] : lines) {
        const std::size_t at = std::stoul(offset, nullptr, 16);
        if (at + bytes.size() > size) {
            give_up(name);
        }
        std::ranges::copy(bytes, file.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return file;
}

std::string in_hexadecimal(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::byte byte : bytes) {
        text += digits[std::to_integer<std::size_t>(byte) >> 4];
        text += digits[std::to_integer<std::size_t>(byte) & 15];
    }
    return text;
}

std::string as_recorded(std::span<const std::byte> bytes) {
    const std::uint64_t size = bytes.size();
    std::string text = "size " + in_hexadecimal(std::as_bytes(std::span(&size, 1))) + "\n";
    for (std::size_t at = 0; at < bytes.size(); at += k_bytes_a_line) {
        const auto line = bytes.subspan(at, std::min(k_bytes_a_line, bytes.size() - at));
        if (std::ranges::any_of(line, [](std::byte byte) { return byte != std::byte{0}; })) {
            text += eight_digits(at) + " " + in_hexadecimal(line) + "\n";
        }
    }
    return text;
}

} // namespace recycler::testing
