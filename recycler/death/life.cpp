// SPDX-License-Identifier: MIT
#include "recycler/death/life.hpp"

namespace recycler::death {

void Life::add(const LifePoint& point) {
    newest_ = point;
    if (!kept_.empty() && point.age - kept_.back().age < gap_) {
        return;
    }
    kept_.push_back(point);
    if (kept_.size() < k_most_points) {
        return;
    }
    std::size_t left = 0;
    for (std::size_t i = 0; i < kept_.size(); i += 2) {
        kept_[left++] = kept_[i];
    }
    kept_.resize(left);
    gap_ *= 2;
}

std::vector<LifePoint> Life::points() const {
    std::vector<LifePoint> points = kept_;
    if (newest_ && *newest_ != points.back()) {
        points.push_back(*newest_);
    }
    return points;
}

} // namespace recycler::death
