// SPDX-License-Identifier: MIT
// How the resident memory of one process went on, from one measured request to the next. Tells what
// of it lasted: between the lowest level of some requests before and of as many after, what one
// route takes and another gives back, or a garbage collector, has no weight. Must not know routes
// but by their hashes.
#pragma once

#include "recycler/request/measured.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace recycler::blame {

// So many measured requests make a stretch.
inline constexpr std::size_t k_stretch = 32;

// From the lowest level of the stretch before a request to that of the stretch behind it, less what
// processes grow meanwhile on average. Were it not for that, the earliest low would always be the
// lowest, and a request that comes long before the next one be charged with what others leak.
struct Lasting {
    std::uint32_t route = 0;
    std::uint32_t ordinal = 0; // of the request, in its route and process
    std::int64_t bytes = 0;
    double requests = 0; // for which it stands
};
// From the lowest level of a stretch to that of the next one.
struct Stride {
    std::uint32_t ordinal = 0; // 1: from the first stretch of the process
    std::int64_t bytes = 0;
    double requests = 0; // in the later one
};
// What one request adds to what is known.
struct Step {
    std::uint32_t ordinal = 0; // its own, in its route and process; about, when routes are many
    std::optional<Lasting> lasting;
    std::optional<Stride> stride;
};

class Course {
  public:
    // The next measured request; it stands for so many. Processes grow by `drift` bytes a request;
    // while that is not known, nothing can be said of what lasts.
    Step add(const request::MeasuredRequest& request, std::uint32_t route, double requests,
             std::optional<double> drift);
    // Whether that was its first one.
    [[nodiscard]] bool is_new() const { return steps_ == 1; }
    // How much its level fell after the request before and ahead of this one; 0: it did not.
    [[nodiscard]] std::int64_t fell() const { return fell_; }

  private:
    struct Point {
        std::uint32_t route = 0;
        std::uint32_t ordinal = 0;
        double requests = 0;
        double number = 0; // among all requests of the process
        std::int64_t before = 0;
        std::int64_t after = 0;
    };
    std::uint32_t count(std::uint32_t route, double requests);
    [[nodiscard]] std::optional<Lasting> lasting(double drift) const;
    std::optional<Stride> stride(const Point& point);

    // How often each route came, in two places by its hash: the lower number is nearer the truth.
    std::array<std::uint16_t, 256> came_{};
    std::vector<Point> points_; // the last ones
    double passed_ = 0;         // requests
    std::int64_t fell_ = 0;
    std::uint64_t steps_ = 0;
    // The stretch that runs, and the one before.
    std::size_t in_stretch_ = 0;
    std::uint32_t stretches_ = 0;
    std::int64_t lowest_ = 0;
    std::int64_t lowest_before_ = 0;
    double requests_ = 0;
};

} // namespace recycler::blame
