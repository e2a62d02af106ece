// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/follow.hpp"

#include "recycler/control/json/json.hpp"
#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/render/text.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace recycler::ctl {

using control::ClientError;
using control::EventLine;
using control::EventsReply;
using control::Reply;
using control::Trouble;

namespace {

constexpr std::chrono::milliseconds k_watch_period{1000};

// Tells what has been shown from what is new: a daemon begins each stream with what it remembers.
class Seen {
  public:
    // Of lines in the order of their time, those that are new.
    EventsReply fresh(const EventsReply& events) {
        EventsReply fresh;
        for (const EventLine& line : events.lines) {
            if (line.at < latest_) {
                continue;
            }
            if (line.at > latest_) {
                latest_ = line.at;
                at_latest_.clear();
            }
            if (at_latest_.insert(control::to_json(line)).second) {
                fresh.lines.push_back(line);
            }
        }
        return fresh;
    }

  private:
    WallTime latest_{};
    std::set<std::string> at_latest_; // those of that very millisecond
};

} // namespace

int follow_events(Session& session) {
    const control::EventsCall call{control::Follow::and_coming};
    if (const auto silent = session.meet()) {
        return session.explain(*silent, call);
    }
    Seen seen;
    bool lost = false; // a dying controller may take a connection and never answer: told once
    for (;;) {
        bool begins = true; // the first answer repeats the past, all others are news
        const Answer answer = session.stream(call, [&](const Reply& reply) {
            if (std::exchange(lost, false)) {
                complain("the controller was replaced; events go on");
            }
            const auto& events = std::get<EventsReply>(reply);
            const EventsReply fresh = seen.fresh(events);
            const bool printed = print(session.shown(begins ? fresh : events));
            begins = false;
            return printed ? control::Next::more : control::Next::nothing;
        });
        const auto* error = std::get_if<ClientError>(&answer);
        if (error == nullptr) {
            return session.show(std::get<Reply>(answer));
        }
        if (error->trouble == Trouble::interrupted) {
            return k_exit_done; // Ctrl-C, or nobody reads on: that is how following ends
        }
        if (error->trouble != Trouble::broken) {
            return session.explain(*error, call);
        }
        if (const auto over = session.reconnect()) {
            return over->trouble == Trouble::interrupted ? k_exit_done
                                                         : session.explain(*over, call);
        }
        lost = true;
    }
}

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

} // namespace recycler::ctl
