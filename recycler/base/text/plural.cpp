// SPDX-License-Identifier: MIT
#include "recycler/base/text/plural.hpp"

#include <cstddef>

namespace recycler::text {

std::string plural(std::uint64_t number, std::string_view one) {
    const bool hisses = one.ends_with('s') || one.ends_with("ch");
    return std::string(one) + (number == 1 ? "" : hisses ? "es" : "s");
}

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t i = text.size(); i > 3; i -= 3) {
        text.insert(i - 3, 1, ',');
    }
    return text;
}

std::string counted(std::uint64_t number, std::string_view one) {
    return grouped(number) + " " + plural(number, one);
}

std::string counted_plain(std::uint64_t number, std::string_view one) {
    return std::to_string(number) + " " + plural(number, one);
}

} // namespace recycler::text
