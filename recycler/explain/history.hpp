// SPDX-License-Identifier: MIT
// What happened to the workers, as far as it can explain a balancer's lines: when each ended and
// why, when connections to a slot were refused and for what, and when nobody served it. Made by
// history_builder.hpp; times are the daemon's own.
#pragma once

#include "recycler/explain/known_slots.hpp"
#include "recycler/explain/vacancies.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::explain {

struct Death {
    SlotIndex slot = 0;
    std::uint32_t generation = 0;
    WallTime at;         // when it ended; its record was written some time later
    std::string verdict; // of recycler-deaths(7), "child-died", or "turned-away"
    std::string method;  // of the request in flight, if one was
    std::string uri;
    Duration running{};  // how long that request had been running
    Duration unserved{}; // of one ended as stuck: how long connections had waited at it for nobody
    std::string sentence;
    bool waited_for_client = false; // to take more of the answer: not the worker's doing
};

enum class ClosedFor {
    drain,   // an operator's drain
    recycle, // until the next worker is ready: a trigger says what for
    hung,    // a hung worker was being ended
    stuck,   // a stuck one was
    restart, // the worker died, and the next one starts slowly
    brake,   // it kept dying
    stop,    // the app was being stopped, or the slot left the policy
};
struct Closing {
    SlotIndex slot = 0;
    WallTime from;
    WallTime until; // WallTime::max(): still
    ClosedFor what_for = ClosedFor::drain;
    std::string trigger; // of a recycle
};

// When a daemon ran for an app.
struct Reign {
    std::string app;
    WallTime from;
    WallTime until;
    WallTime told_until;  // what is later, nobody tells; max(): it runs now
    bool started = false; // at its beginning it was started; else more may have been before
    // It ended without a word, at some time between `until` and the next one's beginning.
    std::optional<WallTime> next{};
};

class History {
  public:
    [[nodiscard]] const std::vector<Death>& deaths() const { return deaths_; }         // by time
    [[nodiscard]] const std::vector<Closing>& closings() const { return closings_; }   // by start
    [[nodiscard]] const std::vector<Vacancy>& vacancies() const { return vacancies_; } // by start
    [[nodiscard]] const std::vector<Reign>& reigns() const { return reigns_; }
    [[nodiscard]] const KnownSlots& slots() const { return slots_; }
    // The earliest and the latest thing that it knows of; the first is later when it knows nothing.
    [[nodiscard]] WallTime begin() const { return begin_; }
    [[nodiscard]] WallTime end() const { return end_; }
    [[nodiscard]] bool empty() const { return begin_ > end_; }

  private:
    friend class HistoryBuilder;
    KnownSlots slots_;
    std::vector<Death> deaths_;
    std::vector<Closing> closings_;
    std::vector<Vacancy> vacancies_;
    std::vector<Reign> reigns_;
    WallTime begin_ = WallTime::max();
    WallTime end_ = WallTime::min();
};

} // namespace recycler::explain
