// SPDX-License-Identifier: MIT
// A number with its noun, for sentences that a person reads: "1 worker", "20 workers".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace recycler {

inline std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
    return std::to_string(number) + " " + std::string(number == 1 ? one : many);
}

} // namespace recycler
