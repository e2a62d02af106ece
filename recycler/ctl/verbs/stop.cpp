// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/stop.hpp"

#include "recycler/control/progress.hpp"
#include "recycler/ctl/verbs/orders.hpp"

namespace recycler::ctl {

using control::ClientError;
using control::Reply;
using control::Snapshot;
using control::Trouble;

namespace {

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

Typed<control::StopCall> typed_stop(Syntax& /*syntax*/) {
    return [](Output) { return control::StopCall{}; };
}

int run_stop(Session& session, const control::StopCall& call) {
    LivePage page(session.job().terminal);
    if (const auto silent = session.meet()) {
        return session.explain(*silent, call);
    }
    Answer answer = ask_for_progress(session, call, page);
    if (is_broken(answer)) {
        answer = stop_on(session, page);
    }
    return end_order(session, answer, call, page);
}

} // namespace recycler::ctl
