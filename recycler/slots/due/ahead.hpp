// SPDX-License-Identifier: MIT
// How many workers must begin to be replaced now, so that none reaches its limit before its
// successor is there. Starts take their time, and only so many run at once, so whoever is last in a
// row has to be begun with well ahead of his limit. Pure.
#pragma once

#include "recycler/base/units.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

namespace recycler::slots {

struct Starts {
    Duration each{};           // from launch to ready
    std::size_t at_once = 1;   // at least 1
    std::size_t under_way = 0; // that are before all others: running, or waiting for their turn
};

// `left`: until each worker reaches its limit, sorted. So many of the first must begin.
[[nodiscard]] inline std::size_t must_begin(std::span<const Duration> left, const Starts& starts) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < left.size(); ++i) {
        const std::size_t rounds = (starts.under_way + i + starts.at_once) / starts.at_once;
        if (left[i] <= starts.each * static_cast<std::int64_t>(rounds)) {
            count = i + 1; // and all before it, or it would have to wait longer
        }
    }
    return count;
}

// Of pairs of such a time and whose it is, in any order: sorts them and keeps those that must
// begin.
template <typename Whose>
void keep_who_must_begin(std::vector<std::pair<Duration, Whose>>& nearing, const Starts& starts) {
    std::ranges::sort(nearing);
    std::vector<Duration> left;
    std::ranges::transform(nearing, std::back_inserter(left),
                           [](const auto& one) { return one.first; });
    nearing.resize(must_begin(left, starts));
}

} // namespace recycler::slots
