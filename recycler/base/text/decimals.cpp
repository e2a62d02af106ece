// SPDX-License-Identifier: MIT
#include "recycler/base/text/decimals.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace recycler::text {

std::string fixed(double value, int decimals) {
    std::array<char, 32> text{};
    (void)std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
    return text.data();
}

std::string one_decimal(double value) {
    std::string text = fixed(value, 1);
    return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

std::string one_decimal_up(double value) {
    const auto tenths = std::llround(value * 10);
    std::string text = std::to_string(tenths / 10);
    return tenths % 10 == 0 ? text : text + "." + std::to_string(tenths % 10);
}

} // namespace recycler::text
