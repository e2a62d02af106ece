// SPDX-License-Identifier: MIT
// Lives: what the workers of an app that have ended teach about its growth: the median of the last
// 15, so that one odd life changes nothing. Of fixed size and without pointers, since it outlives
// the controller that learned it. Knows no limits and decides nothing.
#pragma once

#include "recycler/triggers/growth/trend.hpp"

#include <array>
#include <type_traits>

namespace recycler::triggers {

class Lives {
  public:
    // One life as its samples saw it to its end; what they are too few to tell is left out.
    void add(const Trend& trend);

    // Unknown before the first life that told it.
    [[nodiscard]] std::optional<Bytes> growth_per_request() const;
    [[nodiscard]] std::optional<Bytes> growth_per_second() const;

  private:
    static constexpr std::size_t k_most = 15;

    // The last ones, in a ring.
    struct Recent {
        std::array<std::uint64_t, k_most> values{};
        std::uint64_t added = 0;

        void add(std::uint64_t value) { values[added++ % k_most] = value; }
        [[nodiscard]] std::optional<Bytes> median() const;
    };
    Recent per_request_;
    Recent per_second_;
};
static_assert(std::is_trivially_copyable_v<Lives>);

} // namespace recycler::triggers
