// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/status.hpp"

#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/render/text.hpp"
#include "recycler/ctl/session.hpp"

#include <algorithm>
#include <chrono>

namespace recycler::ctl {

using control::ClientError;
using control::Reply;
using control::Trouble;

namespace {

constexpr std::chrono::milliseconds k_watch_period{1000};

// A window that is drawn anew shows no more than its rows.
std::string page_of(const Session& session, const control::Snapshot& snapshot, const Status& asked,
                    std::optional<std::size_t> rows) {
    if (session.is_json()) {
        return session.shown(Reply{snapshot});
    }
    const bool names_some =
        !asked.slots.empty() && std::ranges::find(asked.slots, "all") == asked.slots.end();
    const Shown shown{.slots = names_some ? Shown::Slots::named : Shown::Slots::all,
                      .limitations = asked.limitations,
                      .rows = rows};
    return render_status(snapshot, session.job().terminal.style(), shown);
}

int watch_status(Session& session, const Status& asked) {
    const control::StatusCall call{asked.slots};
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
        const bool redraws = terminal.is_terminal() && !session.is_json();
        const auto rows = redraws ? std::optional(terminal.rows()) : std::nullopt;
        const std::string page = page_of(session, std::get<control::Snapshot>(seen), asked, rows);
        if (!print(redraws ? redrawn(page, *rows) : page)) {
            return k_exit_done; // nobody reads on
        }
    } while (terminal.wait(k_watch_period));
    return k_exit_done;
}

int status_once(Session& session, const Status& asked) {
    const control::StatusCall call{asked.slots};
    const auto seen = session.look(call.slots);
    if (const auto* error = std::get_if<ClientError>(&seen)) {
        return session.explain(*error, call);
    }
    const auto& snapshot = std::get<control::Snapshot>(seen);
    return print(page_of(session, snapshot, asked, std::nullopt)) ? k_exit_done : k_exit_refused;
}

} // namespace

Typed<Status> typed_status(Syntax& syntax) {
    const auto slots = syntax.slots(Need::may);
    const auto watch = syntax.flag("--watch", "Redraw it every second until Ctrl-C");
    const auto verbose = syntax.flag("--verbose", "Show limitations in full");
    return [=](Output) {
        return Status{*slots, *watch ? Watch::each_second : Watch::once,
                      *verbose ? Shown::Limitations::whole : Shown::Limitations::brief};
    };
}

int run_status(Session& session, const Status& asked) {
    return asked.watch == Watch::each_second ? watch_status(session, asked)
                                             : status_once(session, asked);
}

} // namespace recycler::ctl
