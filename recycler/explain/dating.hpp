// SPDX-License-Identifier: MIT
// When lines without a time were written: HAProxy in a container logs its news without one. Each
// was written between the lines around it. Holds such lines back until one with a time follows.
#pragma once

#include "recycler/explain/read_line.hpp"

#include <deque>
#include <functional>

namespace recycler::explain {

class Dating {
  public:
    using Next = std::function<void(const ReadLine&)>;
    explicit Dating(Next next) : next_(std::move(next)) {}

    // Hands lines on in their order, each once; texts are valid during the call only.
    void take(const ReadLine& line);
    // The end of a file: what is held has only the line before it, or no time at all.
    void finish();

  private:
    void release(WallTime following);

    Next next_;
    WallTime last_ = k_no_time; // of the line before those that are held
    std::deque<HeldLine> held_;
};

} // namespace recycler::explain
