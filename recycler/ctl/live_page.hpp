// SPDX-License-Identifier: MIT
// A few lines on a terminal's stderr that are drawn over again as they change: how far an order is.
// Prints nothing where stderr is no terminal that can move its cursor.
#pragma once

#include "recycler/control/model/calls.hpp"
#include "recycler/ctl/terminal.hpp"

#include <cstddef>

namespace recycler::ctl {

class LivePage {
  public:
    explicit LivePage(const Terminal& terminal) : terminal_(terminal) {}

    void draw(const std::vector<control::Progress>& slots);
    // What was drawn goes; what is printed next stands in its place.
    void clear();

  private:
    void write(std::string page);

    const Terminal& terminal_;
    std::size_t lines_ = 0; // on the terminal at present
};

} // namespace recycler::ctl
