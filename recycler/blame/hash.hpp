// SPDX-License-Identifier: MIT
// FNV-1a, 32 bits: for tables in memory alone, never for what is kept.
#pragma once

#include <cstdint>
#include <string_view>

namespace recycler::blame {

constexpr std::uint32_t hash_of(std::string_view text, std::uint32_t hash = 2166136261U) {
    for (const char character : text) {
        hash = (hash ^ static_cast<unsigned char>(character)) * 16777619U;
    }
    return hash;
}

} // namespace recycler::blame
