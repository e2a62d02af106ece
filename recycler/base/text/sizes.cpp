// SPDX-License-Identifier: MIT
#include "recycler/base/text/sizes.hpp"

#include "recycler/base/text/decimals.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace recycler::text {
namespace {

constexpr std::array<std::string_view, 7> k_units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
constexpr std::size_t k_tib = 4;
constexpr std::size_t k_pib = 5;
constexpr std::size_t k_eib = 6;

// 1023.95 would be shown as 1024.0 of the smaller unit, 999.5 with four digits.
constexpr double k_one_decimal = 1023.95;
constexpr double k_three_digits = 999.5;

struct Scaled {
    double value;
    std::size_t unit = 0;
};

// In the greatest unit up to `greatest` that leaves less than `bound` of it.
Scaled scaled(double value, double bound, std::size_t greatest) {
    Scaled scaled{value};
    for (; scaled.value >= bound && scaled.unit < greatest; ++scaled.unit) {
        scaled.value /= 1024;
    }
    return scaled;
}

std::string with_unit(std::string number, std::string_view unit) {
    return std::move(number.append(" ").append(unit));
}

// A value of one digit says more with a decimal; bytes have none.
bool wants_a_decimal(const Scaled& scaled) {
    return scaled.unit > 0 && scaled.value < 9.95;
}

} // namespace

std::string size_text(Bytes size) {
    const Scaled in = scaled(static_cast<double>(size.count), k_one_decimal, k_eib);
    return with_unit(one_decimal_up(in.value), k_units.at(in.unit));
}

std::string recorded_size(Bytes size) {
    const Scaled in = scaled(static_cast<double>(size.count), k_one_decimal, k_tib);
    return with_unit(one_decimal(in.value), k_units.at(in.unit));
}

std::string short_size(Bytes size) {
    const Scaled in = scaled(static_cast<double>(size.count), k_three_digits, k_eib);
    return fixed(in.value, wants_a_decimal(in) ? 1 : 0) + k_units.at(in.unit).front();
}

std::string growth_text(std::int64_t bytes) {
    const Scaled in = scaled(std::abs(static_cast<double>(bytes)), k_three_digits, k_pib);
    const bool tenths = wants_a_decimal(in);
    const auto number = std::llround(tenths ? in.value * 10 : in.value);
    std::string text = (bytes < 0 ? "-" : "") + std::to_string(tenths ? number / 10 : number);
    if (tenths) {
        text += "." + std::to_string(number % 10);
    }
    return with_unit(std::move(text), in.unit == 0 ? "bytes" : k_units.at(in.unit));
}

} // namespace recycler::text
