// SPDX-License-Identifier: MIT
// Which requests of one process are measured: chosen by chance, so that no pattern in which routes
// come hides one, and so seldom that it costs next to nothing. Owns the choice and the reading of
// this process's memory; must not know connections. Plain memory that is zeroes at first, and does
// nothing until start(). Safe from several threads and in signal handlers: rather than wait it
// leaves a request out.
#pragma once

#include "recycler/request/page_layout.hpp"

#include <cstdint>

namespace recycler::recorder {

// What was noted when a request began. Zeroes: it was not chosen.
struct Choice {
    std::uint32_t weight; // of how many it is one; 0: not chosen
    std::uint32_t flags;
    std::uint64_t memory; // resident, bytes
};

// A request that is over. Times are CLOCK_MONOTONIC, nanoseconds. The texts may be longer than what
// is kept of them.
struct Finished {
    Choice choice;
    std::uint64_t since;
    std::uint64_t until;
    const char* method;
    const char* uri;
};

class Sampler {
  public:
    // From here on it measures into this ring.
    void start(request::Ring& ring, std::uint32_t pid, std::uint32_t row);
    [[nodiscard]] bool is_on() const;

    // A request begins at `now`.
    void begin(Choice& choice, std::uint64_t now);
    // It is over. Memory that is given back after the answer is not growth: the measurement ends
    // with the next settle().
    void end(const Finished& finished);
    // Whether a measurement waits for settle().
    [[nodiscard]] bool waits() const;
    // The process waits for its next request, or has got it.
    void settle();

  private:
    struct Pending {
        Choice choice;
        std::uint64_t duration;
        char method[request::k_method_size];
        char uri[request::k_measured_uri_size];
    };

    void draw_gap(std::uint64_t now);
    void complete();
    void push(const Pending& measured, std::int64_t growth, std::uint32_t flags);

    request::Ring* ring_; // null: not started
    std::uint32_t lock_;
    std::uint32_t random_; // xorshift32, never 0 once started
    std::uint32_t mean_;   // one of so many is chosen
    std::uint32_t gap_;    // drawn
    std::uint32_t left_;   // of the gap
    std::uint32_t begun_;  // 0: no request yet
    std::uint32_t row_;    // of this process in the page
    std::uint64_t drawn_at_;
    std::uint64_t pushed_before_; // Ring::next when the gap was drawn
    std::uint64_t busy_;          // time that requests have taken since then
    std::uint32_t waits_;         // 1: `pending_` waits for its end
    Pending pending_;
};

} // namespace recycler::recorder
