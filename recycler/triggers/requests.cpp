// SPDX-License-Identifier: MIT
#include "recycler/triggers/requests.hpp"

#include "recycler/triggers/growth/sampling.hpp"
#include "recycler/triggers/spread.hpp"

#include <algorithm>
#include <chrono>

namespace recycler::triggers {

std::optional<std::uint64_t> requests_limit(const Facts& facts) {
    return facts.policy.recycle.requests
               ? std::optional(spread_requests(*facts.policy.recycle.requests,
                                               facts.policy.recycle.spread,
                                               seed_of(facts.seen.worker)))
               : std::nullopt;
}

bool requests_due(const Facts& facts) {
    const auto limit = requests_limit(facts);
    return limit && facts.seen.sample.served >= *limit;
}

std::optional<Duration> requests_predicted(const Facts& facts) {
    const auto limit = requests_limit(facts);
    if (!limit) {
        return std::nullopt;
    }
    const std::uint64_t served = facts.seen.sample.served;
    if (served >= *limit) {
        return Duration::zero();
    }
    const auto rate = facts.trend.pace();
    if (!rate || *rate <= 0) {
        return std::nullopt;
    }
    const std::chrono::duration<double> left{static_cast<double>(*limit - served) / *rate};
    return left > k_longest_prediction ? std::nullopt
                                       : std::optional{std::chrono::duration_cast<Duration>(left)};
}

std::optional<Duration> requests_next_look(const Facts& facts) {
    if (const auto due = requests_predicted(facts)) {
        return sample_before(*due);
    }
    const auto limit = requests_limit(facts);
    if (!limit || facts.seen.sample.served >= *limit) {
        return std::nullopt;
    }
    // The rate is to be known first.
    const Duration onset = sample_at_onset(*limit - facts.seen.sample.served, facts.workers);
    return facts.trend.pace() ? std::max(onset, k_sample_busy)
                              : std::min(onset, k_sample_idle_near);
}

std::optional<MonoTime> requests_full_at(const Facts& facts) {
    const auto limit = requests_limit(facts);
    const Sample& seen = facts.seen.sample;
    if (!limit || seen.served < *limit - *limit / 2 || facts.trend.pace().value_or(0) <= 0) {
        return std::nullopt;
    }
    const auto left = requests_predicted(facts);
    return left ? std::optional(seen.at + *left) : std::nullopt;
}

} // namespace recycler::triggers
