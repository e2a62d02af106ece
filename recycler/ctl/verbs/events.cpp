// SPDX-License-Identifier: MIT
#include "recycler/ctl/verbs/events.hpp"

#include "recycler/control/json/json.hpp"
#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/session.hpp"

#include <set>
#include <utility>

namespace recycler::ctl {

using control::ClientError;
using control::EventLine;
using control::EventsReply;
using control::Reply;
using control::Trouble;

namespace {

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

int follow_events(Session& session, const control::EventsCall& call) {
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

} // namespace

Typed<control::EventsCall> typed_events(Syntax& syntax) {
    using control::Follow;
    const auto follow = syntax.flag("--follow", "Go on with later events until Ctrl-C");
    return [=](Output) {
        return control::EventsCall{*follow ? Follow::and_coming : Follow::only_recent};
    };
}

int run_events(Session& session, const control::EventsCall& call) {
    return call.follow == control::Follow::and_coming ? follow_events(session, call)
                                                      : ask(session, call);
}

} // namespace recycler::ctl
