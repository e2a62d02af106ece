// How many workers must begin to be replaced now, so that none reaches its limit before its
// successor is there. Starts take their time, and only so many run at once, so whoever is last in a
// row has to be begun with well ahead of his limit. Pure.
#pragma once

#include "recycler/base/units.hpp"

#include <cstddef>
#include <span>

namespace recycler::fleet {

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

} // namespace recycler::fleet
