// SPDX-License-Identifier: MIT
// The brake on starts as a whole. When one fault ends the workers of all slots at once, or each as
// soon as it has started, what replaces them must not take the machine from those who serve. So of
// the starts that follow an unexpected end, some are free at once, and the others take turns.
#pragma once

#include "recycler/slots/slot.hpp"

#include <optional>
#include <span>
#include <string>

namespace recycler::slots {

// So many are free at once, and so many more each second: as many as half of the slots, and at
// least 16.
[[nodiscard]] std::size_t starts_a_second(std::size_t slots);

class StartRate {
  public:
    // Takes the next turn of an app of so many slots, and says when it is: `now`, or later.
    [[nodiscard]] MonoTime take_turn(MonoTime now, std::size_t slots);

    // For the ledger: when all the turns that were taken are free again.
    [[nodiscard]] MonoTime spent_until() const { return spent_until_; }
    void restore(MonoTime spent_until) { spent_until_ = spent_until; }

  private:
    MonoTime spent_until_;
};

// Until when this slot starts nobody: for its own brake, or because its turn has not come.
[[nodiscard]] std::optional<MonoTime> held_until(const Slot& slot, MonoTime now);

// A sentence when slots wait for their turn.
[[nodiscard]] std::optional<std::string> waits_to_start(std::span<const Slot> slots, MonoTime now);

} // namespace recycler::slots
