// SPDX-License-Identifier: MIT
// What a trend keeps up with each sample is the same as what its definition says, on any input.
#include "recycler/triggers/growth/trend.hpp"

#include <algorithm>
#include <chrono>
#include <doctest/doctest.h>
#include <random>

using namespace recycler::triggers;
using namespace std::chrono_literals;

namespace {

double seconds(Duration span) {
    return std::chrono::duration<double>(span).count();
}

double grown(const Sample& from, const Sample& to) {
    return static_cast<double>((to.bloat - from.bloat).count);
}

// Looks at all that it has each time.
class Plain {
  public:
    void add(Sample sample) {
        if (!kept_.empty() && sample.at <= kept_.back().at) {
            sample.at = kept_.back().at;
            kept_.pop_back();
        }
        kept_.push_back(sample);
        std::vector<Sample> thinned;
        for (std::size_t i = 0; i < kept_.size(); ++i) {
            const Duration age = sample.at - kept_[i].at;
            const bool close = !thinned.empty() && kept_[i].at - thinned.back().at < 1s;
            if (i + 2 >= kept_.size() || (age <= 60s && (age <= 1s || !close))) {
                thinned.push_back(kept_[i]);
            }
        }
        kept_ = thinned;
    }

    [[nodiscard]] std::optional<Bytes> growth_per_second() const {
        if (kept_.size() < 2) {
            return std::nullopt;
        }
        const auto slope =
            std::max({slope_over(5ms), slope_over(100ms), slope_over(1s), slope_over(60s)});
        return Bytes{static_cast<std::uint64_t>(slope)};
    }

    [[nodiscard]] std::optional<double> steady_growth() const {
        if (kept_.size() < 2) {
            return std::nullopt;
        }
        if (kept_.size() < 4) {
            return slope_over(60s);
        }
        return std::max({steady_over(100ms), steady_over(1s), steady_over(60s)});
    }

    [[nodiscard]] std::optional<double> pace() const {
        const bool anew = std::ranges::any_of(
            kept_, [&](const Sample& one) { return one.served > kept_.back().served; });
        if (kept_.size() < 2 || anew) {
            return std::nullopt;
        }
        return std::max({rate_over(100ms), rate_over(1s), rate_over(60s)});
    }

  private:
    [[nodiscard]] std::size_t base_of(Duration window) const {
        std::size_t base = 0;
        for (std::size_t i = 0; i < kept_.size(); ++i) {
            base = kept_.back().at - kept_[i].at >= window ? i : base;
        }
        return base;
    }
    [[nodiscard]] double slope_over(Duration window) const {
        const Sample& base = kept_[base_of(window)];
        return grown(base, kept_.back()) /
               seconds(std::max<Duration>(kept_.back().at - base.at, 5ms));
    }
    [[nodiscard]] std::optional<double> steady_over(Duration window) const {
        const std::size_t base = base_of(window);
        if (kept_.size() - base < 4) {
            return std::nullopt;
        }
        double greatest = 0;
        for (std::size_t i = base + 1; i < kept_.size(); ++i) {
            greatest = std::max(greatest, grown(kept_[i - 1], kept_[i]));
        }
        return std::max(grown(kept_[base], kept_.back()) - greatest, 0.0) /
               seconds(kept_.back().at - kept_[base].at);
    }
    [[nodiscard]] double rate_over(Duration window) const {
        const Sample& base = kept_[base_of(window)];
        return static_cast<double>(kept_.back().served - base.served) /
               seconds(kept_.back().at - base.at);
    }

    std::vector<Sample> kept_;
};

// Grows, falls and spikes; its time now and then stands still or runs back, its count begins anew.
Sample next(Sample sample, std::mt19937_64& dice) {
    const auto below = [&dice](std::uint64_t bound) { return dice() % bound; };
    const Duration most = below(100) == 0  ? Duration(90s)
                          : below(20) == 0 ? Duration(1500ms)
                                           : 20ms;
    sample.at +=
        below(40) == 0 ? Duration(-1ms) : Duration(below(static_cast<std::uint64_t>(most.count())));
    const Bytes change{below(below(10) == 0 ? 50'000'000 : 300'000)};
    sample.bloat = below(3) == 0 ? sample.bloat - change : sample.bloat + change;
    sample.served = below(60) == 0 ? below(sample.served + 1) : sample.served + below(4);
    return sample;
}

} // namespace

TEST_CASE("what is kept up with each sample is what the definition says") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 dice(seed);
        Trend trend;
        Plain plain;
        Sample sample{.at = MonoTime(1h), .bloat = Bytes{20'000'000}};
        for (int i = 0; i < 500; ++i) {
            CAPTURE(i);
            trend.add(sample);
            plain.add(sample);
            REQUIRE(trend.growth_per_second() == plain.growth_per_second());
            REQUIRE(trend.steady_growth() == plain.steady_growth());
            REQUIRE(trend.pace() == plain.pace());
            sample = next(sample, dice);
        }
    }
}
