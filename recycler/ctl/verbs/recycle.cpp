// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/recycle.hpp"

#include "recycler/control/progress.hpp"
#include "recycler/ctl/verbs/orders.hpp"

#include <map>

namespace recycler::ctl {

using control::ClientError;
using control::Goal;
using control::Reply;
using control::Snapshot;
using control::Trouble;

namespace {

using Goals = std::map<std::string, Goal>;

Goals goals_of(const Snapshot& snapshot) {
    Goals goals;
    for (const control::SlotStatus& slot : snapshot.slots) {
        goals[slot.slot] = control::recycle_goal(slot);
    }
    return goals;
}

// Where the slots of a recycle stand, and which of them nobody is going to recycle any more.
struct HowFar {
    control::OrderReply progress;
    std::vector<std::string> forgotten;
    bool all_done = true;
};

HowFar how_far(const Snapshot& snapshot, const Goals& goals) {
    HowFar reached;
    for (const control::SlotStatus& slot : snapshot.slots) {
        const auto goal = goals.find(slot.slot);
        if (goal == goals.end()) {
            continue; // it came with a new policy
        }
        const bool done = control::is_reached(goal->second, slot);
        const bool goes_on = slot.due || slot.next || slot.state == control::SlotState::replacing ||
                             slot.state == control::SlotState::braked ||
                             slot.state == control::SlotState::empty;
        reached.progress.slots.push_back(control::progress_of(goal->second, slot));
        reached.all_done &= done;
        if (!done && !goes_on) {
            reached.forgotten.push_back(slot.slot);
        }
    }
    return reached;
}

// After the connection broke: the daemon remembers what is due, and what it does not is asked for
// again. A slot that has its new worker is left alone.
Answer recycle_on(Session& session, const control::RecycleCall& call, const Goals& goals,
                  LivePage& page) {
    for (;;) {
        auto seen = session.look(call.slots);
        if (auto* error = std::get_if<ClientError>(&seen)) {
            if (error->trouble != Trouble::broken) {
                return std::move(*error);
            }
            if (auto over = session.reconnect()) {
                return std::move(*over);
            }
            continue;
        }
        HowFar reached = how_far(std::get<Snapshot>(seen), goals);
        if (!reached.forgotten.empty()) {
            Answer again = session.call(
                control::RecycleCall{reached.forgotten, control::Wait::until_accepted});
            const auto* error = std::get_if<ClientError>(&again);
            if (error != nullptr && error->trouble != Trouble::broken) {
                return again;
            }
        }
        if (reached.all_done || call.wait == control::Wait::until_accepted) {
            return Reply{std::move(reached.progress)};
        }
        page.draw(reached.progress.slots);
        if (!session.job().terminal.wait(k_look_again)) {
            return ClientError{Trouble::interrupted, "interrupted"};
        }
    }
}

} // namespace

Typed<control::RecycleCall> typed_recycle(Syntax& syntax) {
    const auto slots = syntax.slots(Need::must);
    const auto no_wait = syntax.flag("--no-wait", "Return as soon as the order is accepted");
    return [=](Output) {
        return control::RecycleCall{*slots, *no_wait ? control::Wait::until_accepted
                                                     : control::Wait::until_done};
    };
}

int run_recycle(Session& session, const control::RecycleCall& call) {
    LivePage page(session.job().terminal);
    // What is there before decides afterwards what has been replaced.
    const auto before = session.look(
        call.slots == std::vector<std::string>{"all"} ? std::vector<std::string>{} : call.slots);
    if (const auto* error = std::get_if<ClientError>(&before)) {
        return session.explain(*error, call);
    }
    const Goals goals = goals_of(std::get<Snapshot>(before));
    Answer answer = ask_for_progress(session, call, page);
    if (is_broken(answer)) {
        if (auto over = session.reconnect()) {
            answer = std::move(*over);
        } else {
            answer = recycle_on(session, call, goals, page);
        }
    }
    return end_order(session, answer, call, page);
}

} // namespace recycler::ctl
