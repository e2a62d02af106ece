// SPDX-License-Identifier: MIT
#include "recycler/slots/failing/start_load.hpp"

#include <algorithm>
#include <chrono>

namespace recycler::slots {

namespace {

// Below this share other things than the processor decide.
constexpr double k_least_share = 1.0 / 16;

double in_seconds(Duration span) {
    return std::chrono::duration<double>(span).count();
}

} // namespace

// In company each takes longer, up to as much as there are starts for a processor, so its share
// alone lies between what it seems and that many times as much. What is known within that stands;
// otherwise the most that it may be is taken. (Were such a guess never to lower it, starts that
// always come in twos would count double for ever.)
void StartLoad::add(Duration took, Duration busy, std::size_t others, unsigned processors) {
    if (took <= Duration::zero()) {
        return;
    }
    const double crowd = static_cast<double>(others + 1) / std::max(processors, 1U);
    const double seems = in_seconds(busy) / in_seconds(took);
    const double least = std::clamp(seems, k_least_share, 1.0);
    const double most = std::clamp(seems * std::max(crowd, 1.0), k_least_share, 1.0);
    if (!known_ || share_ < least || share_ > most) {
        share_ = most;
        known_ = true;
    }
}

std::size_t StartLoad::at_once(unsigned processors) const {
    const double carried = static_cast<double>(std::max(processors, 1U)) / share_;
    return std::clamp<std::size_t>(static_cast<std::size_t>(carried), 1, k_most_at_once);
}

} // namespace recycler::slots
