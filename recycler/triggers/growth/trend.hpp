// SPDX-License-Identifier: MIT
// Trend: what the samples of one worker say about its growth. Pure measurement: it knows no limits
// and decides nothing. Pessimistic on purpose: a burst counts at once, a drop never makes growth
// negative. Unknown is nullopt, never 0.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace recycler::triggers {

using recycler::Bytes;
using recycler::Duration;
using recycler::MonoTime;

// One look at a worker. `bloat`: memory that the kernel cannot take back; `served`, `accepts`:
// counts since its start.
struct Sample {
    MonoTime at = {};
    Bytes bloat = {};
    Bytes current = {};
    Bytes peak = {};
    std::uint64_t served = 0;
    std::uint64_t accepts = 0;
    std::uint32_t in_flight = 0;
    bool operator==(const Sample&) const = default;
};

// Predictions beyond are noise; the bound also keeps the arithmetic from overflowing.
inline constexpr Duration k_longest_prediction = std::chrono::hours{24 * 365};

// How long `distance` takes to grow at so many bytes a second; 0 when there is none left. Unknown
// without growth, and beyond a year.
[[nodiscard]] std::optional<Duration> time_at(Bytes distance, double bytes_per_second);

class Trend {
  public:
    // Takes the next sample. One that is not newer than the last replaces it, so that time never
    // runs backwards.
    void add(const Sample& sample);

    // The newest sample; nullopt before the first.
    [[nodiscard]] const std::optional<Sample>& last() const { return last_; }

    // Bytes grown per second: the steepest of the slopes over the last step, 100 ms, 1 s and 60 s,
    // at least 0. Needs two samples.
    [[nodiscard]] std::optional<Bytes> growth_per_second() const;

    // Bytes grown per request since the first request was done (the first one warms the worker up),
    // at least 0. Needs 10 requests, since memory comes in steps.
    [[nodiscard]] std::optional<Bytes> growth_per_request() const;

    // Bytes per second that the samples show again and again: the steepest of the slopes over 100
    // ms, 1 s and 60 s, each without its greatest single step, at least 0. So it is misled neither
    // by a spike nor by memory that comes in batches, and it knows a leak after a few samples. With
    // less than four, the slope from the first to the last. Needs two.
    [[nodiscard]] std::optional<double> steady_growth() const;

    // Bytes per second from the first sample to the last, at least 0. Needs 100 ms between them.
    [[nodiscard]] std::optional<Bytes> growth_over_life() const;

    // Requests per second: over the last second or the last 60 s, whichever is more.
    [[nodiscard]] std::optional<double> requests_per_second() const;

    // Requests per second that it may go on with: the most of the last 100 ms, the last second and
    // the last 60 s.
    [[nodiscard]] std::optional<double> pace() const;

    // The worker has a request in flight, or has served one since the sample before.
    [[nodiscard]] bool busy() const;

    // Nothing was in flight at the last sample, or a request had been done since the one before:
    // what it shows is not the memory of one long request.
    [[nodiscard]] bool between_requests() const;

    // From the last sample until bloat reaches `level` at the present growth; 0 when it has.
    // Unknown without growth, and beyond a year.
    [[nodiscard]] std::optional<Duration> time_to(Bytes level) const;

  private:
    struct Point {
        MonoTime at;
        Bytes bloat;
        std::uint64_t served = 0;
        Bytes greatest{}; // single step from here to the newest point
    };
    [[nodiscard]] std::optional<double> slope_over(Duration window) const;
    [[nodiscard]] std::optional<double> steepest() const;
    [[nodiscard]] std::optional<double> steady_over(Duration window) const;
    [[nodiscard]] double rate_over(Duration window) const;
    [[nodiscard]] bool has_served() const;
    [[nodiscard]] const Point* base_of(Duration window) const;
    [[nodiscard]] bool any_above_last() const;
    void thin_out();
    void find_greatest(std::size_t before);

    std::optional<Sample> last_;
    std::optional<Point> first_;
    std::optional<Point> warm_;  // where growth per request is measured from
    std::vector<Point> history_; // oldest first; dense for 1 s, then one a second, for 60 s
    std::size_t coarse_ = 0;     // of history_, from the first on, that have been thinned out
    bool started_anew_ = false;  // a point of history_ has served more than the last one
};

} // namespace recycler::triggers
