// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/status.hpp"

#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/render/text.hpp"
#include "recycler/ctl/session.hpp"

#include <chrono>

namespace recycler::ctl {

using control::ClientError;
using control::Reply;
using control::Trouble;

namespace {

constexpr std::chrono::milliseconds k_watch_period{1000};

int watch_status(Session& session, const control::StatusCall& call) {
    const Terminal& terminal = session.job().terminal;
    do {
        const auto seen = session.look(call.slots);
        if (const auto* error = std::get_if<ClientError>(&seen)) {
            auto over = error->trouble == Trouble::broken ? session.reconnect() : *error;
            if (!over) {
                continue; // the last page stands until the next one
            }
            return over->trouble == Trouble::interrupted ? k_exit_done
                                                         : session.explain(*over, call);
        }
        const std::string page = session.shown(Reply{std::get<control::Snapshot>(seen)});
        const bool redraws = terminal.is_terminal() && !session.is_json();
        if (!print(redraws ? redrawn(page, terminal.rows()) : page)) {
            return k_exit_done; // nobody reads on
        }
    } while (terminal.wait(k_watch_period));
    return k_exit_done;
}

} // namespace

Typed<Status> typed_status(Syntax& syntax) {
    const auto slots = syntax.slots(Need::may);
    const auto watch = syntax.flag("--watch", "Redraw it every second until Ctrl-C");
    return [=](Output) { return Status{*slots, *watch ? Watch::each_second : Watch::once}; };
}

int run_status(Session& session, const Status& asked) {
    const control::StatusCall call{asked.slots};
    return asked.watch == Watch::each_second ? watch_status(session, call) : ask(session, call);
}

} // namespace recycler::ctl
