// SPDX-License-Identifier: MIT
// How far the operators' orders are, for those who wait and want to know.
#include "recycler/controller/calls/operators.hpp"

namespace recycler::controller {

namespace {

control::Reply as_reply(const Waiting& waiting) {
    return waiting.order == control::Order::stop
               ? control::Reply{control::StopReply{waiting.told.slots}}
               : control::Reply{waiting.told};
}

} // namespace

void set_goals(Waiting& waiting, const std::vector<control::SlotStatus>& slots) {
    for (const control::SlotStatus& slot : slots) {
        waiting.goals[slot.slot] = waiting.order == control::Order::recycle
                                       ? control::recycle_goal(slot)
                                       : control::Goal{waiting.order};
    }
}

control::OrderReply progress_of(const Waiting& waiting,
                                const std::vector<control::SlotStatus>& slots) {
    control::OrderReply reply;
    for (const control::SlotStatus& slot : slots) {
        const auto goal = waiting.goals.find(slot.slot);
        if (goal != waiting.goals.end()) {
            reply.slots.push_back(control::progress_of(goal->second, slot));
        }
    }
    return reply;
}

// Only while somebody waits who wants to know; each is told what has changed.
void Operators::tell_progress() {
    bool anybody = false;
    for (auto& [request, waiting] : waiting_) {
        if (!server_->wants_more(waiting.call)) {
            continue;
        }
        anybody = true;
        control::OrderReply now = progress_of(waiting, uses_.status.slots(waiting.slots));
        if (now != waiting.told) {
            waiting.told = std::move(now);
            server_->reply_more(waiting.call, as_reply(waiting));
        }
    }
    if (anybody) {
        progress_.arm(uses_.loop.now() + k_next_progress);
    }
}

} // namespace recycler::controller
