// SPDX-License-Identifier: MIT
// The operator's calls that wait for an answer. Each one is answered once: done, refused, or timed
// out; one whose asker has gone is not answered at all. Knows what was asked and when that is so,
// and not how it comes about.
#pragma once

#include "recycler/slots/slot.hpp"

#include <span>

namespace recycler::slots {

// Why a slot whose listener broke cannot be recycled.
inline std::string no_fresh_listener(const std::string& why) {
    return "its listener is gone, and Recycler, which tries again, could not open a fresh one: " +
           why;
}

class Calls {
  public:
    // `slots` are to be drained, until `deadline` if there is one.
    void wait_for_drain(RequestId request, const std::vector<SlotId>& slots,
                        std::optional<MonoTime> deadline);
    // The present workers of the slots `asked` for are to be replaced. One that has not become
    // ready yet is as fresh as could be asked for.
    void wait_for_recycle(RequestId request, const std::vector<SlotId>& asked,
                          std::span<const Slot> slots);

    // The answers that can be given now; they are owed no longer.
    [[nodiscard]] std::vector<Reply> answers(MonoTime now, std::span<const Slot> slots);
    // Refuses every recycle that waits for this slot.
    [[nodiscard]] std::vector<Reply> refuse_recycles_of(SlotId slot, const std::string& reason);
    // Whether a recycle of this slot is waited for.
    [[nodiscard]] bool wants_recycled(SlotId slot) const;
    // Who asked has gone.
    void forget(RequestId request);

    // When the next of them times out.
    [[nodiscard]] std::optional<MonoTime> deadline() const;

  private:
    struct Drain {
        std::vector<SlotId> slots;
        std::optional<MonoTime> deadline;
    };
    struct Target {
        SlotId slot;
        std::uint32_t generation = 0; // the first one that counts as replaced
    };
    struct Recycle {
        std::vector<Target> targets;
    };
    struct Call {
        RequestId request = 0;
        std::variant<Drain, Recycle> asked;
    };
    struct Answering;

    std::vector<Call> calls_;
};

} // namespace recycler::slots
