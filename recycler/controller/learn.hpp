// SPDX-License-Identifier: MIT
// What the rooms of the controller say to it, and all that they can: a fact for the decider. Each
// room carries out its kind of actions and owns what they need (controller.hpp names them); none
// reaches into the controller, or decides.
#pragma once

#include "recycler/slots/event.hpp"

namespace recycler::controller {

class Learn {
  public:
    // A fact that was learned on the way: an event of the present turn or, outside of one, of the
    // next.
    virtual void learn(slots::Event event) = 0;
    // A fact that came from outside: a turn of its own, at once.
    virtual void tell(const slots::Event& event) = 0;
    // The turn for what was learned outside of one.
    virtual void take_turn() = 0;

  protected:
    Learn() = default;
    Learn(const Learn&) = default;
    Learn& operator=(const Learn&) = default;
    ~Learn() = default;
};

} // namespace recycler::controller
