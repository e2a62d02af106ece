// SPDX-License-Identifier: MIT
#include "recycler/slots/failing/brake.hpp"

#include <algorithm>

namespace recycler::slots {

namespace {
constexpr Duration k_first_wait = std::chrono::seconds(1);
constexpr std::uint32_t k_most_doublings = 16; // 18 hours: beyond any sane backoff_max
} // namespace

MonoTime Brake::ended(MonoTime now, const policies::Restart& restart, Ending ending,
                      std::uint32_t plan) {
    well_since_.reset();
    plan_ = std::max(plan_, plan);
    std::erase_if(ends_, [&](MonoTime at) { return now - at >= restart.within; });
    ends_.push_back(now);
    if (ends_.size() <= restart.burst && applied_ == 0) {
        return until_ = now;
    }
    const bool could_start = ending == Ending::served;
    const Duration wait =
        could_start ? k_first_wait : k_first_wait * (1 << std::min(applied_, k_most_doublings));
    applied_ = could_start ? std::max(applied_, 1U) : std::min(applied_ + 1, k_most_doublings);
    if (ends_.size() > restart.burst) {
        ends_.erase(ends_.begin());
    }
    return until_ = now + std::min(wait, restart.backoff_max);
}

void Brake::served(MonoTime now, MonoTime since, const policies::Restart& restart) {
    well_since_ = std::max(well_since_.value_or(since), until_);
    if (now - *well_since_ >= restart.within) {
        *this = Brake{};
    }
}

void Brake::started(std::uint32_t plan) {
    if (plan > plan_) {
        *this = Brake{};
    }
}

std::optional<MonoTime> Brake::holds(MonoTime now) const {
    return until_ > now ? std::optional(until_) : std::nullopt;
}

} // namespace recycler::slots
