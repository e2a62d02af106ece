// SPDX-License-Identifier: MIT
#include "recycler/keeper/ring/output_pace.hpp"

#include <algorithm>

namespace recycler::keeper {

void OutputPace::read(MonoTime now, Duration work) {
    next_ = now + std::clamp(work * k_rest_per_work, k_shortest_rest, k_longest_rest);
}

} // namespace recycler::keeper
