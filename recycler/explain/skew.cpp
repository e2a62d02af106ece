// SPDX-License-Identifier: MIT
#include "recycler/explain/skew.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace recycler::explain {

namespace {

constexpr Duration k_furthest = std::chrono::hours(26);
// An offset that three lines agree on to a second is none by chance.
constexpr std::size_t k_fewest = 3;
// Work for a tenth of a second.
constexpr std::size_t k_most_pairs = 2'000'000;
constexpr Duration k_zone_step = std::chrono::minutes(15);

// One way in which a sample and a death may belong together.
struct Pair {
    Duration ahead;
    std::size_t sample;
};

std::vector<Pair> pairs_of(const std::vector<SkewSample>& samples, const History& history) {
    std::vector<Pair> pairs;
    const std::vector<Death>& deaths = history.deaths();
    for (std::size_t i = 0; i < samples.size() && pairs.size() < k_most_pairs; ++i) {
        const auto first =
            std::ranges::lower_bound(deaths, samples[i].at - k_furthest, {}, &Death::at);
        for (auto death = first; death != deaths.end() && death->at <= samples[i].at + k_furthest;
             ++death) {
            if (!samples[i].slot || death->slot == *samples[i].slot) {
                pairs.push_back({samples[i].at - death->at, i});
            }
        }
    }
    std::ranges::sort(pairs, {}, &Pair::ahead);
    return pairs;
}

// How many samples have a pair whose offset lies in a window of two seconds from each pair on.
class Windows {
  public:
    Windows(const std::vector<Pair>& pairs, std::size_t samples)
        : pairs_(pairs), counts_(samples) {}

    struct Best {
        std::size_t samples = 0;
        std::size_t from = 0, to = 0; // of pairs
    };
    // Of all windows for whose first offset `wanted` holds.
    template <typename Wanted>
    Best best(Wanted wanted) {
        std::ranges::fill(counts_, 0U);
        Best best;
        std::size_t distinct = 0;
        for (std::size_t from = 0, to = 0; from < pairs_.size(); ++from) {
            while (to < pairs_.size() && pairs_[to].ahead < pairs_[from].ahead + k_width) {
                distinct += counts_[pairs_[to++].sample]++ == 0 ? 1 : 0;
            }
            if (distinct > best.samples && wanted(pairs_[from].ahead)) {
                best = {distinct, from, to};
            }
            distinct -= --counts_[pairs_[from].sample] == 0 ? 1 : 0;
        }
        return best;
    }

    static constexpr Duration k_width = std::chrono::seconds(2);

  private:
    const std::vector<Pair>& pairs_;
    std::vector<std::uint32_t> counts_; // by sample: its pairs in the window
};

// A zone that was read wrong is off by quarters of an hour exactly.
Duration rounded(Duration ahead) {
    const auto steps =
        (ahead + (ahead < Duration::zero() ? -k_zone_step : k_zone_step) / 2) / k_zone_step;
    const Duration whole = steps * k_zone_step;
    return steps != 0 && std::chrono::abs(ahead - whole) < std::chrono::seconds(2) ? whole : ahead;
}

} // namespace

std::optional<Skew> find_skew(const std::vector<SkewSample>& samples, const History& history) {
    const std::vector<Pair> pairs = pairs_of(samples, history);
    Windows windows(pairs, samples.size());
    const auto best = windows.best([](Duration) { return true; });
    const auto near = [](Duration from, Duration middle) {
        return std::chrono::abs(from + Windows::k_width / 2 - middle) <= Windows::k_width;
    };
    const auto zero = windows.best([&](Duration from) { return near(from, Duration::zero()); });
    if (best.samples < k_fewest || best.samples * 10 < samples.size() * 6 ||
        best.samples < zero.samples * 2) {
        return std::nullopt;
    }
    const Duration middle = pairs[best.from + (best.to - best.from) / 2].ahead;
    const auto other = windows.best([&](Duration from) { return !near(from, middle); });
    if (other.samples * 10 > best.samples * 7) {
        return std::nullopt; // nothing tells them apart
    }
    return Skew{rounded(middle), best.samples};
}

} // namespace recycler::explain
