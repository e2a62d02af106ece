// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/orders.hpp"

#include "recycler/control/overloaded.hpp"
#include "recycler/control/progress.hpp"
#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/live_page.hpp"

#include <algorithm>
#include <chrono>
#include <map>

namespace recycler::ctl {

using control::Call;
using control::ClientError;
using control::Goal;
using control::Reply;
using control::Snapshot;
using control::Trouble;

namespace {

// How often is looked at what goes on by itself after a controller was replaced.
constexpr std::chrono::milliseconds k_look_again{500};

std::vector<control::Progress> progress_in(const Reply& reply) {
    return std::visit(control::Overloaded{
                          [](const control::OrderReply& order) { return order.slots; },
                          [](const control::StopReply& stop) { return stop.slots; },
                          [](const auto&) { return std::vector<control::Progress>{}; },
                      },
                      reply);
}

Answer ask_for_progress(Session& session, const Call& call, LivePage& page) {
    return session.stream(call, [&](const Reply& progress) {
        page.draw(progress_in(progress));
        return control::Next::more;
    });
}

// The connection broke, and the daemon answers again: what was asked may stand or not.
bool is_broken(const Answer& answer) {
    const auto* error = std::get_if<ClientError>(&answer);
    return error != nullptr && error->trouble == Trouble::broken;
}

int end(Session& session, const Answer& answer, const Call& call, LivePage& page) {
    if (const auto* error = std::get_if<ClientError>(&answer)) {
        return session.explain(*error, call); // below what was drawn: it says what is not done
    }
    page.clear();
    return session.show(std::get<Reply>(answer));
}

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

// After the connection broke in the middle of a stop: to ask a second time would mean "at once".
Answer stop_on(Session& session, LivePage& page) {
    for (;;) {
        if (auto over = session.reconnect()) {
            // That is how it ends.
            return over->trouble == Trouble::no_daemon ? Answer{Reply{control::StopReply{}}}
                                                       : Answer{std::move(*over)};
        }
        for (;;) {
            auto seen = session.look({});
            const auto* snapshot = std::get_if<Snapshot>(&seen);
            if (snapshot == nullptr) {
                auto& error = std::get<ClientError>(seen);
                if (error.trouble == Trouble::silent || error.trouble == Trouble::interrupted) {
                    return std::move(error);
                }
                break;
            }
            if (!snapshot->stopping.value_or(true)) {
                Answer answer = ask_for_progress(session, control::StopCall{}, page);
                if (!is_broken(answer)) {
                    return answer;
                }
                break;
            }
            std::vector<control::Progress> slots;
            for (const control::SlotStatus& slot : snapshot->slots) {
                slots.push_back(control::progress_of({control::Order::stop}, slot));
            }
            page.draw(slots);
            if (!session.job().terminal.wait(k_look_again)) {
                return ClientError{Trouble::interrupted, "interrupted"};
            }
        }
    }
}

} // namespace

int drain(Session& session, control::DrainCall call) {
    using Clock = std::chrono::steady_clock;
    LivePage page(session.job().terminal);
    const auto began = Clock::now();
    const auto timeout = call.timeout;
    if (const auto silent = session.meet()) {
        return session.explain(*silent, call);
    }
    for (;;) {
        Answer answer = ask_for_progress(session, call, page);
        if (is_broken(answer)) {
            if (auto over = session.reconnect()) {
                answer = std::move(*over);
            } else {
                // A drain that is asked for twice is the same drain; its time goes on.
                if (timeout) {
                    call.timeout = std::max<Duration>(*timeout - (Clock::now() - began), {});
                }
                continue;
            }
        }
        return end(session, answer, call, page);
    }
}

int recycle(Session& session, const control::RecycleCall& call) {
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
    return end(session, answer, call, page);
}

int stop(Session& session) {
    LivePage page(session.job().terminal);
    if (const auto silent = session.meet()) {
        return session.explain(*silent, control::StopCall{});
    }
    Answer answer = ask_for_progress(session, control::StopCall{}, page);
    if (is_broken(answer)) {
        answer = stop_on(session, page);
    }
    return end(session, answer, control::StopCall{}, page);
}

// After an upgrade the controller makes room for the new program, and that reads the policy.
int reload(Session& session) {
    const control::ReloadCall call;
    if (const auto silent = session.meet()) {
        return session.explain(*silent, call);
    }
    for (;;) {
        const Answer answer = session.call(call);
        if (!is_broken(answer)) {
            const auto* error = std::get_if<ClientError>(&answer);
            return error != nullptr ? session.explain(*error, call)
                                    : session.show(std::get<Reply>(answer));
        }
        if (const auto over = session.reconnect()) {
            return session.explain(*over, call);
        }
    }
}

} // namespace recycler::ctl
