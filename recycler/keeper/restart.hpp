// SPDX-License-Identifier: MIT
// When a controller is started again, and when it counts as hung. PURE: told what happened and
// when, it says what to do. Knows no process.
#pragma once

#include "recycler/base/units.hpp"

namespace recycler::keeper {

using namespace std::chrono_literals;

// A controller that lived so long was no failed start.
inline constexpr Duration k_grown_up = 10s;
inline constexpr Duration k_first_wait = 50ms;
inline constexpr Duration k_longest_wait = 5s;
// When no controller was ever established and none of so many in a row managed to, none will:
// better to end the daemon and say so than to look alive. At k_first_wait doubling this is told
// after a good second.
inline constexpr unsigned k_first_tries = 6;

// Once at once; when they die young one after another 50 ms, 100 ms, ... 5 s.
class Backoff {
  public:
    // How long to wait after this life of a controller.
    [[nodiscard]] Duration after(MonoTime started, MonoTime ended);
    [[nodiscard]] unsigned young_in_a_row() const { return young_; }

  private:
    unsigned young_ = 0;
};

// An answer to a ping must come within this time.
inline constexpr Duration k_watchdog = 1500ms;
// Before it is established a controller parses, binds and makes cgroups, and answers late.
inline constexpr Duration k_start_allowance = 10s;
inline constexpr int k_pings_per_limit = 3;

// Counts turns and not time: a machine that stood still for a minute (a paused guest) has taken one
// turn, and nobody is blamed.
class Watchdog {
  public:
    enum class Turn { ping, hung };

    // `limit` 0: never hung.
    explicit Watchdog(Duration limit) : limit_(limit), allowance_(limit) {}

    void started(MonoTime now);
    void established() { allowance_ = limit_; }
    void heard() { unanswered_ = 0; }

    [[nodiscard]] MonoTime next_turn() const { return next_; }
    // To be called at next_turn() or later.
    [[nodiscard]] Turn turn(MonoTime now);

  private:
    [[nodiscard]] Duration interval() const;

    Duration limit_;
    Duration allowance_;
    MonoTime next_{};
    int unanswered_ = 0;
};

} // namespace recycler::keeper
