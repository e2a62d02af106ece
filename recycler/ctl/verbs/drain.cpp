// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/drain.hpp"

#include "recycler/ctl/input/since.hpp"
#include "recycler/ctl/verbs/orders.hpp"

#include <algorithm>

namespace recycler::ctl {

Typed<control::DrainCall> typed_drain(Syntax& syntax) {
    using control::Force;
    using control::Wait;
    const auto slots = syntax.slots(Need::must);
    const auto timeout = syntax.option(
        "--timeout",
        "Wait no longer than this (30s, 5min); then exit with 4, the gate stays closed");
    const auto no_wait = syntax.flag("--no-wait", "Return as soon as the order is accepted");
    const auto force = syntax.flag("--force", "Also close the last open gate of the app");
    return [=](Output) -> std::variant<control::DrainCall, Told> {
        control::DrainCall call{*slots, std::nullopt, *force ? Force::yes : Force::no,
                                *no_wait ? Wait::until_accepted : Wait::until_done};
        if (!timeout->empty()) {
            auto span = span_of("--timeout", *timeout);
            if (auto* told = std::get_if<Told>(&span)) {
                return std::move(*told);
            }
            call.timeout = std::get<Duration>(span);
        }
        return call;
    };
}

int run_drain(Session& session, const control::DrainCall& asked) {
    control::DrainCall call = asked;
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
        return end_order(session, answer, call, page);
    }
}

} // namespace recycler::ctl
