// SPDX-License-Identifier: MIT
// Whether a slot's workers leave by themselves after every request, or after a few: each request
// pays for a start then, and nobody would notice, for nothing is lost and nothing fails. Pure.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace recycler::slots {

class EarlyLeaves {
  public:
    // Who leaves after more requests has a limit of its own, such as PHP_FCGI_MAX_REQUESTS.
    static constexpr std::uint64_t k_few = 3;
    // One that leaves after an error page, and a few after it, are no habit.
    static constexpr std::uint32_t k_in_a_row = 5;
    // A habit that comes and goes is told once in this time.
    static constexpr Duration k_quiet = std::chrono::hours(1);

    // A worker of the slot that was launched then has left by itself after so many requests.
    // Whether that is worth telling: once, until another one serves more.
    [[nodiscard]] bool left(MonoTime now, MonoTime launched_at, std::uint64_t served);
    // Another one has ended otherwise.
    void ended_otherwise() { count_ = 0; }

    // It has been told, and all have left so since.
    [[nodiscard]] bool told() const { return told_at_ && count_ >= k_in_a_row; }
    // "5 workers in a row have left ..., within 1.2s", and what can be done.
    [[nodiscard]] std::string in_words(MonoTime now) const;

  private:
    std::uint32_t count_ = 0;
    std::uint64_t most_ = 0; // requests of one of them
    MonoTime since_;         // launch of the first
    std::optional<MonoTime> told_at_;
};

} // namespace recycler::slots
