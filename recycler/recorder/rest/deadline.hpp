// SPDX-License-Identifier: MIT
// The end of a wait that is interrupted and goes on. Must not wait itself.
#pragma once

#include <cstdint>
#include <ctime>

namespace recycler::recorder {

class Deadline {
  public:
    // From now on. Negative: there is none.
    explicit Deadline(int milliseconds)
        : milliseconds_(milliseconds), begun_(milliseconds > 0 ? now() : 0) {}

    // Rounded up; 0: it is over; -1: there is none.
    [[nodiscard]] int milliseconds_left() const {
        if (milliseconds_ <= 0) {
            return milliseconds_ < 0 ? -1 : 0;
        }
        const std::int64_t left = begun_ + milliseconds_ * k_millisecond - now();
        return left <= 0 ? 0 : static_cast<int>((left + k_millisecond - 1) / k_millisecond);
    }

  private:
    static constexpr std::int64_t k_millisecond = 1'000'000; // in ns

    static std::int64_t now() {
        timespec time{};
        (void)clock_gettime(CLOCK_MONOTONIC, &time); // this clock is always there
        return time.tv_sec * 1000 * k_millisecond + time.tv_nsec;
    }

    int milliseconds_;
    std::int64_t begun_; // in ns
};

} // namespace recycler::recorder
