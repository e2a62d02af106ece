// SPDX-License-Identifier: MIT
// The life of one worker as a few points, for the record of its end: bounded memory and constant
// work however long it lives. When it is full every second point goes and the gap doubles, so the
// points stay spread over the whole life. Knows no clock: each point brings its age.
#pragma once

#include "recycler/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace recycler::death {

struct LifePoint {
    Duration age{}; // of the worker
    Bytes bloat;
    std::optional<std::uint64_t> served{};
    bool operator==(const LifePoint&) const = default;
};

class Life {
  public:
    static constexpr std::size_t k_most_points = 12;

    // Ages come in their order.
    void add(const LifePoint& point);
    // At most k_most_points, oldest first; the last is the newest that was added.
    [[nodiscard]] std::vector<LifePoint> points() const;

  private:
    std::vector<LifePoint> kept_;
    std::optional<LifePoint> newest_;
    Duration gap_ = std::chrono::seconds(1);
};

} // namespace recycler::death
