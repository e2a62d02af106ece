// SPDX-License-Identifier: MIT
#include "recycler/request/get_values.hpp"

#include <array>

namespace recycler::request {

namespace {

constexpr std::uint8_t k_version = 1;
constexpr std::uint8_t k_get_values = 9;
constexpr std::uint8_t k_get_values_result = 10;
constexpr std::uint8_t k_unknown_type = 11;

// Header: version, type, request id (2), content length (2), padding length, reserved. Content: a
// name of 15 bytes with a value of none. Then padding to a multiple of 8.
// clang-format off
constexpr std::array<std::uint8_t, 32> k_record{
    k_version, k_get_values, 0, 0, 0, 17, 7, 0,
    15, 0, 'F', 'C', 'G', 'I', '_', 'M', 'P', 'X', 'S', '_', 'C', 'O', 'N', 'N', 'S'};
// clang-format on

} // namespace

std::span<const std::uint8_t> get_values_record() {
    return k_record;
}

ProbeAnswer judge_probe_answer(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < k_probe_answer_size) {
        return ProbeAnswer::incomplete;
    }
    const bool answers = bytes[1] == k_get_values_result || bytes[1] == k_unknown_type;
    return bytes[0] == k_version && answers ? ProbeAnswer::fastcgi : ProbeAnswer::other;
}

} // namespace recycler::request
