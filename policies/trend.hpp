// Trend: what the samples of one worker say about its growth. Pure measurement: it knows no limits
// and decides nothing. Pessimistic on purpose: a burst counts at once, a drop never makes growth
// negative. Unknown is nullopt, never 0.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace policies {

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

    // Requests per second over the last 60 s.
    [[nodiscard]] std::optional<double> requests_per_second() const;

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
    };
    [[nodiscard]] std::optional<double> slope_over(Duration window) const;
    [[nodiscard]] std::optional<double> steepest() const;
    [[nodiscard]] bool has_served() const;
    [[nodiscard]] const Point* base_of(Duration window) const;
    void thin_out();

    std::optional<Sample> last_;
    std::optional<Point> warm_;  // where growth per request is measured from
    std::vector<Point> history_; // oldest first; dense for 1 s, then one a second, for 60 s
};

} // namespace policies
