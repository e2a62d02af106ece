// SPDX-License-Identifier: MIT
#include "recycler/blame/growth.hpp"

#include <algorithm>
#include <cmath>

namespace recycler::blame {

namespace {

// What one measurement is off by before more is known, as strong as so many measurements: Linux
// keeps up to 64 pages of 4 KiB aside in each thread (TASK_RSS_EVENTS_THRESH), both at the begin
// and at the end.
constexpr double k_jitter = 128.0 * 1024;
constexpr double k_weight_of_jitter = 4;

} // namespace

void Growth::add(std::int64_t bytes) {
    const auto amount = static_cast<double>(bytes);
    ++measured_;
    sum_ += amount;
    squares_ += amount * amount;
}

void Growth::add(const Growth& other) {
    measured_ += other.measured_;
    sum_ += other.sum_;
    squares_ += other.squares_;
}

double Growth::mean() const {
    return measured_ == 0 ? 0 : sum_ / static_cast<double>(measured_);
}

double Growth::deviations() const {
    return measured_ == 0 ? 0
                          : std::max(0.0, squares_ - sum_ * sum_ / static_cast<double>(measured_));
}

double Growth::doubt() const {
    return doubt(0);
}

double Growth::doubt(double variance) const {
    const auto count = static_cast<double>(measured_);
    const double own = (deviations() + k_weight_of_jitter * k_jitter * k_jitter) /
                       (count - 1 + k_weight_of_jitter);
    return k_standard_errors * std::sqrt(std::max(own, variance) / count);
}

double Growth::certain() const {
    return measured_ == 0 ? 0 : std::max(0.0, mean() - doubt());
}

} // namespace recycler::blame
