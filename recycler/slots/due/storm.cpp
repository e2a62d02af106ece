// SPDX-License-Identifier: MIT
#include "recycler/slots/due/storm.hpp"

#include "policies/units.hpp"

#include <algorithm>

namespace recycler::slots {

std::optional<Bytes> baseline_of(const triggers::Trend& trend) {
    const auto& last = trend.last();
    if (!last || last->served == 0 || !trend.between_requests()) {
        return std::nullopt;
    }
    if (last->served <= k_few_requests) {
        return last->bloat;
    }
    const auto growth = trend.growth_per_request();
    if (!growth) {
        return std::nullopt;
    }
    // In doubles: the counts come from a page that the worker can write to.
    const double left = static_cast<double>(growth->count) * static_cast<double>(last->served);
    const double need = static_cast<double>(last->bloat.count) - left;
    return Bytes{static_cast<std::uint64_t>(std::max(need, 0.0))};
}

std::optional<std::uint64_t> serves_below(Bytes limit, const triggers::Trend& trend) {
    const auto& last = trend.last();
    const bool below =
        last && last->served > k_few_requests && trend.between_requests() && last->bloat < limit;
    return below ? std::optional(last->served) : std::nullopt;
}

std::optional<Bytes> ceiling_above(Bytes baseline, const policies::Memory& memory) {
    if (!memory.max) {
        return Bytes{2 * baseline.count};
    }
    if (baseline >= *memory.max) {
        return std::nullopt;
    }
    // An eighth is what the default of recycle.memory leaves, or somewhat less.
    const Bytes half_way = baseline + Bytes{(*memory.max - baseline).count / 2};
    return std::max(half_way, *memory.max - Bytes{memory.max->count / 8});
}

bool StormGuard::serves_on(std::uint64_t served) {
    const auto outlived = [served](std::uint64_t others) { return served / 2 > others; };
    if (std::ranges::all_of(in_a_row_, outlived, &Retired::served)) {
        in_a_row_.clear();
    }
    in_vain_.clear();
    const bool held =
        holding_ && (holding_->served <= k_few_requests || outlived(holding_->served));
    if (held) {
        holding_.reset();
    }
    return held;
}

bool StormGuard::retired(MonoTime now, Bytes limit, std::optional<Bytes> baseline,
                         std::uint64_t served) {
    const auto too_old = [now](const auto& each) { return now - each.at > k_storm_window; };
    std::erase_if(in_a_row_, too_old);
    std::erase_if(in_vain_, too_old);
    if (in_a_row_.size() < needed_) {
        in_a_row_.push_back({now, served});
    }
    if (baseline && *baseline < limit) {
        in_vain_.clear(); // this one was worth it
    }
    if (!baseline || *baseline < limit) {
        return false;
    }
    in_vain_.push_back({now, *baseline});
    if (in_vain_.size() < k_storm) {
        return false;
    }
    std::sort(in_vain_.begin(), in_vain_.end(),
              [](const InVain& a, const InVain& b) { return a.baseline < b.baseline; });
    restore(Holding{.baseline = in_vain_[k_storm / 2].baseline,
                    .limit = holding_ ? holding_->limit : limit,
                    .served = k_few_requests});
    return true;
}

bool StormGuard::in_a_row(MonoTime now, std::size_t count) const {
    return in_a_row_.size() >= count &&
           now - in_a_row_[in_a_row_.size() - count].at <= k_storm_window;
}

bool StormGuard::wants_to_learn(MonoTime now) const {
    return !holding_ && in_a_row(now, needed_);
}

bool StormGuard::wants_to_know(MonoTime now) const {
    return !holding_ && in_a_row(now, k_storm);
}

void StormGuard::stays(Bytes level, std::uint64_t served, Bytes limit) {
    restore(
        Holding{.baseline = level, .limit = limit, .served = std::max(served, k_few_requests + 1)});
}

void StormGuard::grows() {
    constexpr std::size_t k_most_needed = 1024;
    needed_ = std::min(2 * needed_, k_most_needed);
    in_a_row_.clear();
}

void StormGuard::restore(std::optional<Holding> holding) {
    in_vain_.clear();
    in_a_row_.clear();
    needed_ = k_storm;
    holding_ = holding;
}

std::optional<Bytes> StormGuard::limit(std::optional<Bytes> recycle_memory,
                                       const policies::Memory& memory) const {
    return recycle_memory && holding_ ? ceiling_above(holding_->baseline, memory) : recycle_memory;
}

namespace {

std::string what_guards(const Holding& holding, const policies::Memory& memory) {
    const auto ceiling = ceiling_above(holding.baseline, memory);
    const std::string instead =
        ceiling ? "are retired for memory at " + policies::to_text(*ceiling) + " instead"
                : "are not retired for memory";
    const std::string max =
        memory.max ? "; memory.max (" + policies::to_text(*memory.max) + ") still limits them"
                   : "; memory.max is not set";
    return "Until a worker serves on below that size, or the policy is loaded again, workers " +
           instead + max + ".";
}

} // namespace

std::string in_words(const Holding& holding, const policies::Memory& memory) {
    const std::string need = policies::to_text(holding.baseline);
    const bool fits = !memory.max || holding.baseline < *memory.max;
    return "recycle.memory (" + policies::to_text(holding.limit) +
           ") is below what a warm worker needs (" + need + "): at least " +
           std::to_string(k_storm) + " in a row had to be retired with few requests served. " +
           what_guards(holding, memory) + " Set recycle.memory well above " + need +
           (fits ? "" : ", and memory.max above that") + ", or make the app smaller at its start.";
}

} // namespace recycler::slots
