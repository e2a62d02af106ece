// SPDX-License-Identifier: MIT
// How much of a processor a starting worker takes: what bounds how many may start at once beside
// those who serve. Pure measurement; knows neither slots nor policies.
#pragma once

#include "recycler/base/units.hpp"

#include <cstddef>

namespace recycler::slots {

// Beyond, what the daemon itself does for each start decides, and its open files are counted for no
// more (1024 workers and these come to a quarter of what recycler@.service allows).
inline constexpr std::size_t k_most_at_once = 64;

class StartLoad {
  public:
    // One has become ready after `took`, of which processors worked for `busy`; so many others
    // started meanwhile, on so many processors.
    void add(Duration took, Duration busy, std::size_t others, unsigned processors);

    // How many starts keep so many processors busy, at least one: more would only slow each other
    // and those who serve down. One that waits (for a disk, a database, a clock) leaves its
    // processor to others. As long as nothing is known each is taken to fill one.
    [[nodiscard]] std::size_t at_once(unsigned processors) const;

  private:
    double share_ = 1; // of a processor, while it starts
    bool known_ = false;
};

} // namespace recycler::slots
