// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/tcp_ends.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <sys/socket.h>
#include <vector>

namespace recycler::worker {
namespace {

constexpr std::size_t k_local = 1;
constexpr std::size_t k_remote = 2;
constexpr std::size_t k_state = 3;
constexpr std::size_t k_inode = 9;
constexpr std::string_view k_listening = "0A"; // TCP_LISTEN

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (words.size() <= k_inode) {
        const std::string_view word = text::take_word(line);
        if (word.empty()) {
            break;
        }
        words.push_back(word);
    }
    return words;
}

// The kernel prints an address as 32-bit words of the machine that hold it in network order.
std::optional<std::array<std::uint8_t, 16>> bytes_of(std::string_view hex) {
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t at = 0; at < hex.size(); at += 8) {
        const auto word = text::number_in<std::uint32_t>(hex.substr(at, 8), 16);
        if (!word) {
            return std::nullopt;
        }
        const auto* parts = reinterpret_cast<const std::uint8_t*>(&*word);
        std::copy(parts, parts + 4, bytes.begin() + static_cast<std::ptrdiff_t>(at / 2));
    }
    return bytes;
}

std::string dotted(const std::uint8_t* bytes) {
    std::array<char, 20> text{};
    std::snprintf(text.data(), text.size(), "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
    return text.data();
}

// Written without shortening, but for the whole address of the machine itself.
std::string in_colons(const std::array<std::uint8_t, 16>& bytes) {
    constexpr std::array<std::uint8_t, 12> k_mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (std::equal(k_mapped.begin(), k_mapped.end(), bytes.begin())) {
        return dotted(bytes.data() + k_mapped.size());
    }
    constexpr std::array<std::uint8_t, 16> k_loopback{0, 0, 0, 0, 0, 0, 0, 0,
                                                      0, 0, 0, 0, 0, 0, 0, 1};
    if (bytes == k_loopback) {
        return "[::1]";
    }
    std::string out = "[";
    for (std::size_t at = 0; at < bytes.size(); at += 2) {
        std::array<char, 8> group{};
        std::snprintf(group.data(), group.size(), at == 0 ? "%x" : ":%x",
                      static_cast<unsigned>(bytes[at] << 8 | bytes[at + 1]));
        out += group.data();
    }
    return out + "]";
}

// "0100007F:1F90"
std::optional<std::string> end_in(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon != 8 && colon != 32) {
        return std::nullopt;
    }
    const auto bytes = bytes_of(text.substr(0, colon));
    const auto port = text::number_in<std::uint16_t>(text.substr(colon + 1), 16);
    if (!bytes || !port) {
        return std::nullopt;
    }
    return (colon == 8 ? dotted(bytes->data()) : in_colons(*bytes)) + ":" + std::to_string(*port);
}

} // namespace

std::string end_named(int family, const std::array<std::uint32_t, 4>& address, std::uint16_t port) {
    const auto bytes = std::bit_cast<std::array<std::uint8_t, 16>>(address);
    return (family == AF_INET ? dotted(bytes.data()) : in_colons(bytes)) + ":" +
           std::to_string(port);
}

std::optional<TcpEnds> tcp_ends_in(std::string_view table, std::uint64_t inode) {
    while (!table.empty()) {
        const auto words = words_of(text::take_line(table));
        if (words.size() <= k_inode ||
            text::number_in<std::uint64_t>(words[k_inode], 10) != inode) {
            continue;
        }
        const auto local = end_in(words[k_local]);
        const auto remote = end_in(words[k_remote]);
        if (local && remote) {
            return TcpEnds{*local, words[k_state] == k_listening ? std::string() : *remote};
        }
    }
    return std::nullopt;
}

} // namespace recycler::worker
