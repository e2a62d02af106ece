// SPDX-License-Identifier: MIT
#include "recycler/blame/ages.hpp"

#include <algorithm>
#include <bit>

namespace recycler::blame {

void Ages::add(std::uint32_t ordinal, std::int64_t bytes, double requests) {
    const auto fourfold = static_cast<std::size_t>(std::bit_width(ordinal)) / 2;
    Aged& age = ages_.at(std::min(fourfold, ages_.size() - 1));
    age.growth.add(bytes);
    age.requests += requests;
}

std::uint64_t Ages::measured() const {
    std::uint64_t all = 0;
    std::for_each(ages_.begin() + 1, ages_.end(),
                  [&all](const Aged& age) { all += age.growth.measured(); });
    return all;
}

Aged Ages::late() const {
    const std::uint64_t all = measured();
    Aged late;
    for (std::size_t age = ages_.size() - 1; age > 0 && late.growth.measured() * 2 < all; --age) {
        late.growth.add(ages_.at(age).growth);
        late.requests += ages_.at(age).requests;
    }
    return late;
}

} // namespace recycler::blame
