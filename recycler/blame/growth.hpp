// SPDX-License-Identifier: MIT
// How much one kind of request makes its process grow, from single measurements that are far from
// exact: the kernel counts resident memory for each processor apart and adds up now and then, so
// that one request may seem to have grown by what another one did. Sums are right; how far a mean
// is due to chance, this says.
#pragma once

#include <cstdint>

namespace recycler::blame {

// So far from the mean is not chance.
inline constexpr double k_standard_errors = 3;

class Growth {
  public:
    void add(std::int64_t bytes);
    void add(const Growth& other);

    [[nodiscard]] std::uint64_t measured() const { return measured_; }
    // Bytes a request; 0 without a measurement.
    [[nodiscard]] double mean() const;
    // The mean less three standard errors, never below 0: what is not chance.
    [[nodiscard]] double certain() const;
    // Three standard errors; of at least one measurement.
    [[nodiscard]] double doubt() const;
    // Likewise, where single measurements are known to scatter by at least so much (bytes squared).
    [[nodiscard]] double doubt(double variance) const;
    // By how much the measurements are off their mean: the sum of the squares.
    [[nodiscard]] double deviations() const;

  private:
    std::uint64_t measured_ = 0;
    double sum_ = 0;
    double squares_ = 0;
};

} // namespace recycler::blame
