// SPDX-License-Identifier: MIT
// Recycles that were asked for and do not go on.
#include "recycler/base/text/plural.hpp"
#include "recycler/slots/decider.hpp"

namespace recycler::slots {

// What keeps one worker from being replaced is likely to keep the others from it: those whose
// recycle was asked for with this one, and has not begun, go on serving.
void Decider::give_up_recycles_of(const Slot& slot, const std::string& reason,
                                  std::optional<WorkerId> failed) {
    std::vector<Reply> replies = calls_.refuse_recycles_of(slot.id, reason);
    if (replies.empty()) {
        return;
    }
    std::uint64_t left = 0;
    for (Slot& other : slots_) {
        const bool waits = other.id != slot.id && other.due && !other.successor &&
                           other.due->trigger == Trigger::operator_ &&
                           std::holds_alternative<Serving>(other.front);
        if (waits && !calls_.wants_recycled(other.id)) {
            other.due.reset();
            ++left;
        }
    }
    for (Reply& reply : replies) {
        reply.failed = failed;
        if (left > 0) {
            reply.reason += "; Recycler stopped there and left " +
                            text::counted(left, "other slot") + " as " +
                            (left == 1 ? "it is" : "they are");
        }
        act(std::move(reply));
    }
}

} // namespace recycler::slots
