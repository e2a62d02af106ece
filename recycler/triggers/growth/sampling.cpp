// SPDX-License-Identifier: MIT
#include "recycler/triggers/growth/sampling.hpp"

#include <algorithm>

namespace recycler::triggers {
namespace {

// How much bloat may still grow before the nearest threshold that is not yet reached; nullopt:
// there is none.
std::optional<Bytes> nearest(Bytes bloat, const policies::Recycle& recycle,
                             const policies::Memory& memory) {
    std::optional<Bytes> distance;
    for (const auto& level : {recycle.memory, memory.max}) {
        if (level && *level > bloat && (!distance || *level - bloat < *distance)) {
            distance = *level - bloat;
        }
    }
    return distance;
}

Duration half_until_lead(Duration crossing) {
    return std::max((crossing - k_sample_lead) / 2, k_sample_near);
}

Duration at_sudden_growth(Bytes distance) {
    const double seconds =
        static_cast<double>(distance.count) / static_cast<double>(k_sudden_growth.count);
    // Beyond a minute the bounds decide, and a number that large need not fit a Duration.
    return std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(std::min(seconds, 60.0)));
}

} // namespace

Duration sample_at_onset(std::uint64_t left, std::size_t workers) {
    constexpr Duration k_apart = 2ms;
    const Duration shared =
        k_apart * static_cast<std::int64_t>(std::min<std::size_t>(workers, 1000));
    const auto ms =
        std::min<std::uint64_t>(left, 2 * k_sudden_requests) * 1000 / k_sudden_requests / 2;
    return std::max({Duration(std::chrono::milliseconds(ms)), shared, k_sample_near});
}

Duration sample_before(Duration due) {
    if (due == Duration::zero()) {
        return k_sample_near;
    }
    return due < 2 * k_sample_near ? std::max(due, k_sample_count) : due / 2;
}

Duration next_sample(const Trend& trend, const policies::Recycle& recycle,
                     const policies::Memory& memory) {
    if (!trend.last()) {
        return Duration::zero();
    }
    const Bytes bloat = trend.last()->bloat;
    const auto distance = nearest(bloat, recycle, memory);
    if (!distance) {
        return trend.busy() ? k_sample_busy : k_sample_idle;
    }
    const Duration onset = half_until_lead(at_sudden_growth(*distance));
    const auto crossing = trend.time_to(bloat + *distance);
    const bool grows = crossing && *crossing < k_sample_idle * 10;
    if (grows || trend.busy()) {
        const Duration predicted = crossing ? half_until_lead(*crossing) : k_sample_busy;
        return std::min({predicted, onset, trend.busy() ? k_sample_busy : k_sample_idle});
    }
    if (onset >= k_sample_idle) {
        return k_sample_idle;
    }
    return std::clamp(onset, k_sample_idle_near, k_sample_busy);
}

} // namespace recycler::triggers
