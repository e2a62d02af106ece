// SPDX-License-Identifier: MIT
#include "recycler/triggers/growth/trend.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace recycler::triggers {
namespace {

using namespace std::chrono_literals;

// The last step is at least this long: memory is charged in batches of some 256 KiB, which over an
// instant look like a burst.
constexpr Duration k_step = 5ms;
constexpr std::array k_windows{Duration{k_step}, Duration{100ms}, Duration{1s}, Duration{60s}};
constexpr Duration k_just_now = 100ms;
constexpr Duration k_dense = 1s;
constexpr Duration k_coarse_gap = 1s;
constexpr Duration k_horizon = 60s;
// Below this many requests, one step of the allocator decides the quotient.
constexpr std::uint64_t k_requests_to_judge = 10;

constexpr std::array k_steady_windows{Duration{100ms}, Duration{1s}, Duration{60s}};
// Below this many points, leaving one step out would leave too little.
constexpr std::ptrdiff_t k_points_to_judge = 4;
// Below this a life is over before its growth can be told from its start.
constexpr Duration k_life_to_judge = 100ms;

double in_seconds(Duration span) {
    return std::chrono::duration<double>(span).count();
}

} // namespace

std::optional<Duration> time_at(Bytes distance, double bytes_per_second) {
    if (distance == Bytes{0}) {
        return Duration::zero();
    }
    const double seconds = static_cast<double>(distance.count) / bytes_per_second;
    if (bytes_per_second <= 0 || seconds > in_seconds(k_longest_prediction)) {
        return std::nullopt;
    }
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

void Trend::add(const Sample& sample) {
    const bool newer = !last_ || sample.at > last_->at;
    Sample taken = sample;
    if (!newer) {
        taken.at = last_->at;
        history_.pop_back();
    }
    // A counter that falls was started anew: what was learned from it is void.
    if (last_ && taken.served < last_->served) {
        warm_.reset();
    }
    const Point point{taken.at, taken.bloat, taken.served};
    if (!first_) {
        first_ = point;
    }
    if (!warm_ && taken.served > 0) {
        warm_ = point;
    }
    const bool falls = last_ && taken.served < last_->served;
    history_.push_back(point);
    last_ = taken;
    find_greatest(history_.size() - 1);
    thin_out();
    started_anew_ = (started_anew_ || falls) && any_above_last();
}

bool Trend::any_above_last() const {
    return std::any_of(history_.begin(), history_.end(),
                       [&](const Point& point) { return point.served > history_.back().served; });
}

// Of those that come before that place, as far as they change.
void Trend::find_greatest(std::size_t before) {
    for (auto point = history_.begin() + static_cast<std::ptrdiff_t>(before);
         point != history_.begin(); --point) {
        Point& earlier = *(point - 1);
        const Bytes greatest = std::max(point->bloat - earlier.bloat, point->greatest);
        if (earlier.greatest == greatest) {
            return;
        }
        earlier.greatest = greatest;
    }
}

// The last two stay whatever their age: the last step is measured from them.
void Trend::thin_out() {
    const MonoTime now = history_.back().at;
    const auto may_go = [&](std::size_t place, Duration age) {
        return place + 2 < history_.size() && now - history_[place].at > age;
    };
    std::size_t too_old = 0;
    while (may_go(too_old, k_horizon)) {
        ++too_old;
    }
    history_.erase(history_.begin(), history_.begin() + static_cast<std::ptrdiff_t>(too_old));
    coarse_ -= std::min(coarse_, too_old);
    while (may_go(coarse_, k_dense)) {
        if (coarse_ == 0 || history_[coarse_].at - history_[coarse_ - 1].at >= k_coarse_gap) {
            ++coarse_;
        } else {
            history_.erase(history_.begin() + static_cast<std::ptrdiff_t>(coarse_));
            find_greatest(coarse_);
        }
    }
}

// The newest point that is so old, or the first.
const Trend::Point* Trend::base_of(Duration window) const {
    if (history_.size() < 2) {
        return nullptr;
    }
    const MonoTime now = history_.back().at;
    const auto younger =
        std::partition_point(history_.begin(), history_.end(),
                             [&](const Point& point) { return now - point.at >= window; });
    return &*(younger == history_.begin() ? younger : younger - 1);
}

std::optional<double> Trend::slope_over(Duration window) const {
    const Point* base = base_of(window);
    if (base == nullptr) {
        return std::nullopt;
    }
    const Point& now = history_.back();
    const double grown = static_cast<double>((now.bloat - base->bloat).count);
    return grown / in_seconds(std::max(now.at - base->at, k_step));
}

std::optional<double> Trend::steepest() const {
    std::optional<double> steepest;
    for (const Duration window : k_windows) {
        steepest = std::max(steepest, slope_over(window));
    }
    return steepest;
}

std::optional<Bytes> Trend::growth_per_second() const {
    const auto slope = steepest();
    return slope ? std::optional{Bytes{static_cast<std::uint64_t>(*slope)}} : std::nullopt;
}

std::optional<double> Trend::steady_over(Duration window) const {
    const Point* base = base_of(window);
    if (history_.data() + history_.size() - base < k_points_to_judge) {
        return std::nullopt;
    }
    const Point& last = history_.back();
    const auto grown = static_cast<double>((last.bloat - base->bloat).count);
    const auto greatest = static_cast<double>(base->greatest.count);
    return std::max(grown - greatest, 0.0) / in_seconds(last.at - base->at);
}

std::optional<double> Trend::steady_growth() const {
    if (history_.size() < 2) {
        return std::nullopt;
    }
    if (history_.end() - history_.begin() < k_points_to_judge) {
        return slope_over(k_horizon);
    }
    std::optional<double> steepest;
    for (const Duration window : k_steady_windows) {
        steepest = std::max(steepest, steady_over(window));
    }
    return steepest;
}

std::optional<Bytes> Trend::growth_over_life() const {
    if (!last_ || last_->at - first_->at < k_life_to_judge) {
        return std::nullopt;
    }
    const double grown = static_cast<double>((last_->bloat - first_->bloat).count);
    return Bytes{static_cast<std::uint64_t>(grown / in_seconds(last_->at - first_->at))};
}

std::optional<Bytes> Trend::growth_per_request() const {
    if (!last_ || !warm_ || last_->served - warm_->served < k_requests_to_judge) {
        return std::nullopt;
    }
    return Bytes{(last_->bloat - warm_->bloat).count / (last_->served - warm_->served)};
}

double Trend::rate_over(Duration window) const {
    const Point& base = *base_of(window);
    return static_cast<double>(history_.back().served - base.served) /
           in_seconds(history_.back().at - base.at);
}

std::optional<double> Trend::requests_per_second() const {
    if (history_.size() < 2 || started_anew_) {
        return std::nullopt;
    }
    return std::max(rate_over(k_dense), rate_over(k_horizon));
}

std::optional<double> Trend::pace() const {
    const auto lately = requests_per_second();
    return lately ? std::optional(std::max(*lately, rate_over(k_just_now))) : std::nullopt;
}

bool Trend::has_served() const {
    return history_.size() > 1 && last_->served != history_[history_.size() - 2].served;
}

bool Trend::busy() const {
    return last_ && (last_->in_flight > 0 || has_served());
}

bool Trend::between_requests() const {
    return last_ && (last_->in_flight == 0 || has_served());
}

std::optional<Duration> Trend::time_to(Bytes level) const {
    return last_ ? time_at(level - last_->bloat, steepest().value_or(0)) : std::nullopt;
}

} // namespace recycler::triggers
