// SPDX-License-Identifier: MIT
// What was measured, kept apart by how old it was then: the first of
// each process, the next 6, the next 24, ... What a process takes once (code, caches) makes its
// first requests grow and not its later ones; what leaks makes all of them grow. So only the late
// ones count, and which those are depends on how old processes become.
#pragma once

#include "recycler/blame/growth.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace recycler::blame {

struct Aged {
    Growth growth;
    double requests = 0; // for which it stands
};

class Ages {
  public:
    // `ordinal`: 1 is the first of its process.
    void add(std::uint32_t ordinal, std::int64_t bytes, double requests);

    // The oldest, with as many of the younger ones as it takes to be half of all but the first.
    [[nodiscard]] Aged late() const;
    // All but the first of each process.
    [[nodiscard]] std::uint64_t measured() const;

  private:
    std::array<Aged, 6> ages_{}; // 1, 2-7, 8-31, 32-127, 128-511, 512 and later
};

} // namespace recycler::blame
