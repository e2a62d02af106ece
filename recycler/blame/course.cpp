// SPDX-License-Identifier: MIT
#include "recycler/blame/course.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace recycler::blame {

// Before it is counted, the first is number 1.
std::uint32_t Course::count(std::uint32_t route, double requests) {
    std::uint16_t& one = came_.at(route % came_.size());
    std::uint16_t& other = came_.at((route >> 8) % came_.size());
    const std::uint16_t before = std::min(one, other);
    const double now = std::min(before + std::max(1.0, requests), 65'535.0);
    // Each only up to its own number: the route that shares a place does not count for this one.
    one = std::max(one, static_cast<std::uint16_t>(now));
    other = std::max(other, static_cast<std::uint16_t>(now));
    return before + 1U;
}

// Of the request in the middle.
std::optional<Lasting> Course::lasting(double drift) const {
    if (points_.size() < 2 * k_stretch + 1) {
        return std::nullopt;
    }
    const auto middle = points_.begin() + k_stretch;
    const auto lowest = [&](auto from, auto to, std::int64_t Point::*level) {
        double low = std::numeric_limits<double>::max();
        for (; from != to; ++from) {
            const double drifted = drift * (from->number - middle->number);
            low = std::min(low, static_cast<double>((*from).*level) - drifted);
        }
        return low;
    };
    const double bytes = lowest(middle, points_.end(), &Point::after) -
                         lowest(points_.begin(), middle + 1, &Point::before);
    return Lasting{middle->route, middle->ordinal, std::llround(bytes), middle->requests};
}

std::optional<Stride> Course::stride(const Point& point) {
    const std::int64_t low = std::min(point.before, point.after);
    lowest_ = in_stretch_ == 0 ? low : std::min(lowest_, low);
    requests_ = in_stretch_ == 0 ? point.requests : requests_ + point.requests;
    if (++in_stretch_ < k_stretch) {
        return std::nullopt;
    }
    in_stretch_ = 0;
    const std::int64_t bytes = lowest_ - lowest_before_;
    lowest_before_ = lowest_;
    return stretches_++ == 0 ? std::nullopt
                             : std::optional(Stride{stretches_ - 1, bytes, requests_});
}

Step Course::add(const request::MeasuredRequest& request, std::uint32_t route, double requests,
                 std::optional<double> drift) {
    Step step{.ordinal = count(route, requests), .lasting = {}, .stride = {}};
    fell_ = 0;
    ++steps_;
    if (!request.level || !request.growth) {
        return step;
    }
    passed_ += requests;
    const Point point{.route = route,
                      .ordinal = step.ordinal,
                      .requests = requests,
                      .number = passed_,
                      .before = *request.level - *request.growth,
                      .after = *request.level};
    if (!points_.empty()) {
        fell_ = std::max<std::int64_t>(0, points_.back().after - point.before);
    }
    if (points_.size() == 2 * k_stretch + 1) {
        points_.erase(points_.begin());
    }
    points_.push_back(point);
    step.lasting = drift ? lasting(*drift) : std::nullopt;
    step.stride = stride(point);
    return step;
}

} // namespace recycler::blame
