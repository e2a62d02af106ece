// SPDX-License-Identifier: MIT
// A balancer's log, explained: takes its lines one after another and gives the sum at the end. Uses
// the same memory for a line and for gigabytes: it holds back only the first lines that speak of
// backends, until they have told how far the clocks are apart.
#pragma once

#include "recycler/explain/dating.hpp"
#include "recycler/explain/lines/line_reader.hpp"
#include "recycler/explain/pairing.hpp"
#include "recycler/explain/skew.hpp"
#include "recycler/explain/tally.hpp"

#include <deque>
#include <functional>
#include <optional>

namespace recycler::explain {

class Account {
  public:
    // Each line that speaks of a backend, with what stood behind it, or that could not be read
    // (without), in order.
    using OnLine = std::function<void(std::string_view line, const std::string* why)>;
    struct Asked {
        std::optional<Duration> offset{}; // nullopt: find it
        WallTime since = WallTime::min(); // lines outside are not counted; by the daemon's clock
        WallTime until = WallTime::max();
        OnLine on_line{};
    };

    // `history` must outlive it. `clock` reads times of the first file.
    Account(const History& history, LogClock clock, Asked asked);
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    // Another file follows.
    void begin_file(LogClock clock);
    void take(std::string_view line);
    void finish();

    [[nodiscard]] control::ExplainedLog sum() const;

  private:
    void hold(const ReadLine& line);
    void settle();
    void explain(std::string_view text, Entry entry);

    const History& history_;
    Asked asked_;
    LineReader reader_;
    Pairing pairing_;
    Dating dating_; // in front of it
    Join join_;
    Tally tally_;
    std::optional<Duration> offset_;
    std::size_t offset_lines_ = 0;
    std::deque<HeldLine> held_;
    std::vector<SkewSample> samples_;
};

} // namespace recycler::explain
