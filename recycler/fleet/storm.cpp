#include "recycler/fleet/storm.hpp"

#include "policies/units.hpp"

#include <algorithm>

namespace recycler::fleet {

std::optional<Bytes> baseline_of(const policies::Trend& trend) {
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

bool serves_below(Bytes limit, const policies::Trend& trend) {
    const auto& last = trend.last();
    return last && last->served > k_few_requests && trend.between_requests() && last->bloat < limit;
}

bool StormGuard::disproved() {
    const bool held = holding_.has_value();
    restore(std::nullopt);
    return held;
}

bool StormGuard::retired(MonoTime now, Bytes baseline, Bytes limit) {
    if (holding_) {
        return false;
    }
    if (baseline < limit) {
        in_vain_.clear(); // this one was worth it
        return false;
    }
    std::erase_if(in_vain_, [&](const InVain& each) { return now - each.at > k_storm_window; });
    in_vain_.push_back({now, baseline});
    if (in_vain_.size() < k_storm) {
        return false;
    }
    std::sort(in_vain_.begin(), in_vain_.end(),
              [](const InVain& a, const InVain& b) { return a.baseline < b.baseline; });
    restore(Holding{.baseline = in_vain_[k_storm / 2].baseline, .limit = limit});
    return true;
}

std::string in_words(const Holding& holding, const policies::Memory& memory) {
    const std::string need = policies::to_text(holding.baseline);
    const std::string max = memory.max ? "memory.max (" + policies::to_text(*memory.max) + ")"
                                       : "nothing (memory.max is not set)";
    const bool fits = !memory.max || holding.baseline < *memory.max;
    return "recycle.memory (" + policies::to_text(holding.limit) +
           ") is below what a fresh worker needs (" + need + "): " + std::to_string(k_storm) +
           " in a row had to be retired with hardly a request served. Workers are not retired for "
           "memory until one serves on below that, or the policy is loaded again; " +
           max + " still limits them. Set recycle.memory well above " + need +
           (fits ? "" : ", and memory.max above that") + ", or make the app smaller at its start.";
}

} // namespace recycler::fleet
