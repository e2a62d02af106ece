// SPDX-License-Identifier: MIT
// What a run of recycler-load has seen: counts, latencies, faults by name, and their one-line JSON
// form.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace recycler::load {

class Tally {
  public:
    void count_sent() { ++sent_; }
    void count_right(Duration latency);
    // A whole answer that is not the right one.
    void count_wrong(const std::string& fault, Duration latency);
    // No whole answer: reset, closed in the middle, malformed, too late, or no connection to be
    // had.
    void count_missing(const std::string& fault);

    [[nodiscard]] std::uint64_t sent() const { return sent_; }
    [[nodiscard]] std::uint64_t lost() const { return wrong_ + missing_; }

    // {"sent":..,"answered":..,"wrong":..,"missing":..,"reopened":..,"seconds":..,"latency_ms":{"p50":..,"p99":..,"max":..},
    //  "faults":{"status 503":2}}; answered = right + wrong, sent = answered + missing + still
    //  open.
    [[nodiscard]] std::string json(Duration elapsed, std::uint64_t reopened) const;

  private:
    void count_latency(Duration latency);

    std::uint64_t sent_ = 0;
    std::uint64_t answered_ = 0;
    std::uint64_t wrong_ = 0;
    std::uint64_t missing_ = 0;
    std::vector<std::uint32_t> latencies_; // microseconds
    std::map<std::string, std::uint64_t> faults_;
};

} // namespace recycler::load
